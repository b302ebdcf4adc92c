/* FreeRTOS without a heap: static allocation only. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ 25000000 /* MPS2 with AN386 */
#define configTICK_RATE_HZ 1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#define configMAX_PRIORITIES 3
#define configMINIMAL_STACK_SIZE 128 /* words; also the idle task's stack */
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x20
#define configUSE_IDLE_HOOK 0
#define configUSE_TICK_HOOK 0

#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configKERNEL_PROVIDED_STATIC_MEMORY 1
#define configCHECK_FOR_STACK_OVERFLOW 2
#define INCLUDE_uxTaskGetStackHighWaterMark 1
#define INCLUDE_vTaskDelay 1

/* The handlers' names in the vector table of cortex_m.c. */
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler

void assertion_failed(const char *file, int line);
#define configASSERT(condition) \
  if (!(condition)) assertion_failed(__FILE__, __LINE__)

#endif
