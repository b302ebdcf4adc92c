#include "cli/boards.h"

#include <stdio.h>
#include <strings.h>

namespace tidbit::cli {
namespace {

constexpr MemoryKind kFlash = MemoryKind::flash;
constexpr MemoryKind kRam = MemoryKind::ram;
constexpr Basis kDocumented = Basis::documented, kInferred = Basis::inferred;
constexpr uint64_t kKb = 1024, kMb = 1024 * kKb, kGb = 1024 * kMb;

// Not listed: instruction-only memories, memories of other cores, battery-backed memories, and chips for which a board
// has only pads. Part of each memory is used by the program itself; the table does not say how much.
//
// Taken from secondary sources, without the document at hand: the caches in DS12110 and IMXRT1060CEC, the modules in
// the ESP32-S3-WROOM-1 datasheet, that serialClkFreq 8 of an i.MX RT1060 is 133 MHz, and the caches of ESP32-C3 and
// ESP32-C6.
constexpr Board kBoards[] = {
    {"pico2",
     "Raspberry Pi Pico 2, RP2350 (Cortex-M33 or Hazard3) at 150 MHz",
     16 * kKb,
     "pico-sdk, hardware/xip_cache.h: XIP_CACHE_SIZE",
     {{"QSPI flash", kFlash, 4 * kMb, 4, 75, kDocumented, "pico-sdk, boards/pico2.h: PICO_FLASH_SIZE_BYTES",
       "pico-sdk, boards/pico2.h: 150 MHz / PICO_FLASH_SPI_CLKDIV 2"},
      {"SRAM", kRam, 520 * kKb, 32, 150, kInferred,
       "pico-sdk, rp2350/hardware/regs/addressmap.h: SRAM_BASE to SRAM_END",
       "RP2350 datasheet, 2.1 Bus fabric: AHB5; assumed: one 32-bit port of a core"}}},
    {"nucleo-h743zi",
     "ST Nucleo-H743ZI, STM32H743ZI at 480 MHz",
     16 * kKb,
     "ST DS12110, features: L1 data cache",
     {{"flash", kFlash, 2 * kMb, 64, 240, kInferred, "Zephyr, nucleo_h743zi board page; ST DS12110, features",
       "Arm DDI 0489, 5.1: 64-bit AXIM; assumed: half the core's clock, no wait states"},
      {"DTCM", kRam, 128 * kKb, 64, 480, kDocumented, "Zephyr, dts/arm/st/h7/stm32h743.dtsi: dtcm",
       "Arm DDI 0489, 5.1: D0TCM and D1TCM, 32 bits each, at the core's clock"},
      {"AXI SRAM", kRam, 512 * kKb, 64, 240, kInferred, "Zephyr, dts/arm/st/h7/stm32h743.dtsi: sram0",
       "Arm DDI 0489, 5.1: 64-bit AXIM; assumed: half the core's clock"},
      {"SRAM1-3", kRam, 288 * kKb, 32, 240, kInferred, "Zephyr, dts/arm/st/h7/stm32h743.dtsi: sram1, sram2, sram3",
       "same file: on the AHB bus of domain D2; assumed: 32 bits at half the core's clock"}}},
    {"nrf5340-dk",
     "Nordic nRF5340 DK, application core at 128 MHz",
     8 * kKb,
     "nRF5340 Product Specification, CACHE: sets of two ways of 128 bits; assumed: 256 sets",
     {{"flash", kFlash, 1 * kMb, 32, 128, kInferred, "Zephyr, dts/arm/nordic/nrf5340_cpuapp_qkaa.dtsi: flash0",
       "Zephyr, nrf5340dk board page: 128 MHz; assumed: 32-bit port of the core, no wait states"},
      {"QSPI flash", kFlash, 8 * kMb, 4, 48, kInferred, "Nordic nRF Util, example for QSPI on nRF5340 DK: flash_size",
       "nRF5340 Product Specification, QSPI timing: SCK at most 96 MHz; assumed: half of it, for MX25R6435F"},
      {"RAM", kRam, 512 * kKb, 32, 128, kInferred, "Zephyr, dts/arm/nordic/nrf5340_cpuapp_qkaa.dtsi: sram0",
       "Zephyr, nrf5340dk board page: 128 MHz; assumed: 32-bit port of the core"}}},
    {"esp32-s3",
     "ESP32-S3-DevKitC-1 with ESP32-S3-WROOM-1-N16R8 at 240 MHz",
     64 * kKb,
     "ESP-IDF, CONFIG_ESP32S3_DATA_CACHE_64KB: the largest data cache",
     {{"QSPI flash", kFlash, 16 * kMb, 4, 80, kDocumented, "ESP32-S3-WROOM-1 datasheet, series comparison: N16R8",
       "ESP-IDF, SPI Flash and External SPI RAM Configuration: F4R8, flash 80 MHz SDR"},
      {"SRAM1", kRam, 416 * kKb, 128, 240, kInferred, "ESP-IDF, esp32s3/include/soc/soc.h: SOC_DIRAM_DRAM_LOW to _HIGH",
       "assumed: the widest load, 128 bits, in each cycle at 240 MHz"},
      {"PSRAM", kRam, 8 * kMb, 8, 160, kDocumented, "ESP32-S3-WROOM-1 datasheet, series comparison: N16R8",
       "ESP-IDF, SPI Flash and External SPI RAM Configuration: F4R8, PSRAM 80 MHz DDR"}}},
    {"esp32-c3",
     "ESP32-C3-DevKitC-02 at 160 MHz",
     16 * kKb,
     "ESP32-C3 datasheet, cache: size",
     {{"QSPI flash", kFlash, 4 * kMb, 4, 80, kDocumented, "esp-dev-kits, ESP32-C3-DevKitC-02: 4 MB SPI flash",
       "ESP-IDF, esptool_py/Kconfig.projbuild: ESPTOOLPY_FLASHFREQ_80M, ESPTOOLPY_FLASHMODE_QIO"},
      {"SRAM1", kRam, 384 * kKb, 32, 160, kInferred, "ESP-IDF, esp32c3/include/soc/soc.h: SOC_DRAM_LOW to _HIGH",
       "assumed: a load of 32 bits in each cycle at 160 MHz"}}},
    {"esp32-c6",
     "ESP32-C6-DevKitC-1 at 160 MHz",
     32 * kKb,
     "ESP32-C6 datasheet, cache: size",
     {{"QSPI flash", kFlash, 8 * kMb, 4, 80, kDocumented, "esp-dev-kits, ESP32-C6-DevKitC-1: 8 MB SPI flash",
       "ESP-IDF, esptool_py/Kconfig.projbuild: ESPTOOLPY_FLASHFREQ_80M, ESPTOOLPY_FLASHMODE_QIO"},
      {"HP SRAM", kRam, 512 * kKb, 32, 160, kInferred, "ESP-IDF, esp32c6/include/soc/soc.h: SOC_DRAM_LOW to _HIGH",
       "assumed: a load of 32 bits in each cycle at 160 MHz"}}},
    {"esp32-p4",
     "ESP32-P4-Function-EV-Board with ESP32-P4NRW32 at 400 MHz",
     128 * kKb,
     "ESP-IDF, esp32p4/Kconfig.cache: default of ESP32P4_L2_CACHE_SIZE",
     {{"QSPI flash", kFlash, 16 * kMb, 4, 80, kDocumented, "Zephyr, esp32p4_function_ev_board board page: 16 MB",
       "ESP-IDF, esptool_py/Kconfig.projbuild: ESPTOOLPY_FLASHFREQ_80M, ESPTOOLPY_FLASHMODE_QIO"},
      {"L2MEM", kRam, 640 * kKb, 128, 400, kInferred,
       "ESP-IDF, esp32p4/include/soc/soc.h: SOC_DRAM_LOW to _HIGH, less the L2 cache",
       "assumed: the widest load, 128 bits, in each cycle at 400 MHz"},
      {"PSRAM", kRam, 32 * kMb, 16, 400, kDocumented, "espressif.com, ESP32-P4 series: ESP32-P4NRW32",
       "ESP-IDF, esp_psram/esp32p4/Kconfig.spiram: 16 lines, SPIRAM_SPEED_200M; both edges"}}},
    {"teensy-4.1",
     "PJRC Teensy 4.1, i.MX RT1062 at 600 MHz",
     32 * kKb,
     "NXP IMXRT1060CEC, features: L1 data cache",
     {{"QSPI flash", kFlash, 7936 * kKb, 4, 133, kDocumented, "PJRC Teensy 4.1 page, specifications: 7936K",
       "PJRC cores, teensy4/bootdata.c: sflashPadType 4, serialClkFreq 8, which is 133 MHz"},
      {"RAM1", kRam, 512 * kKb, 64, 600, kDocumented, "PJRC Teensy 4.1 page, specifications: 512K tightly coupled",
       "Arm DDI 0489, 5.1: D0TCM and D1TCM, 32 bits each, at the core's clock"},
      {"RAM2", kRam, 512 * kKb, 64, 150, kInferred, "PJRC Teensy 4.1 page, specifications: 1024K, 512K tightly coupled",
       "Arm DDI 0489, 5.1: 64-bit AXIM; assumed: a quarter of the core's clock"}}},
    {"alif-e7",
     "Alif Ensemble E7, high-performance Cortex-M55 at 400 MHz",
     64 * kKb,
     "Arm 101051 (Cortex-M55 TRM): the largest data cache of the core",
     {{"MRAM", kFlash, 5632 * kKb, 64, 400, kInferred, "Alif Ensemble DFP, AlifSemiconductor.Ensemble.pdsc, E7: MRAM",
       "same file: 400 MHz; assumed: the core's 64-bit M-AXI; the MRAM itself may be slower"},
      {"DTCM", kRam, 1 * kMb, 64, 400, kInferred, "Alif Ensemble DFP, AlifSemiconductor.Ensemble.pdsc, E7: SRAM3",
       "same file: 400 MHz; assumed: loads of 64 bits per cycle"},
      {"SRAM0", kRam, 4 * kMb, 64, 400, kInferred, "Alif Ensemble DFP, AlifSemiconductor.Ensemble.pdsc, E7: SRAM0",
       "same file: 400 MHz; assumed: the core's 64-bit M-AXI"},
      {"SRAM1", kRam, 2560 * kKb, 64, 400, kInferred, "Alif Ensemble DFP, AlifSemiconductor.Ensemble.pdsc, E7: SRAM1",
       "same file: 400 MHz; assumed: the core's 64-bit M-AXI"}}},
    {"pi-zero-2w",
     "Raspberry Pi Zero 2 W",
     512 * kKb,
     "assumed: as the BCM2837, which has the same four Cortex-A53: L2 cache",
     {{"LPDDR2", kRam, 512 * kMb, 32, 900, kInferred, "Linux, bcm2837-rpi-zero-2-w.dts: memory@0",
       "Raspberry Pi documentation, overclocking options: sdram_freq 450, both edges; assumed: 32 bits"}}},
    {"pi-4",
     "Raspberry Pi 4 Model B, 4 GB",
     1 * kMb,
     "Raspberry Pi documentation, BCM2711, caches: L2",
     {{"LPDDR4", kRam, 4 * kGb, 32, 3200, kInferred, "Raspberry Pi documentation, BCM2711, memory: the model with 4 GB",
       "Raspberry Pi documentation, overclocking options: sdram_freq 3200; assumed: 32 bits"}}},
    {"pi-5",
     "Raspberry Pi 5, 4 GB",
     4 * kMb,
     "Raspberry Pi documentation, BCM2712: 2 MB L3 and four L2 of 512 KB",
     {{"LPDDR4X", kRam, 4 * kGb, 32, 4267, kDocumented, "Raspberry Pi 5 product brief: the model with 4 GB",
       "Raspberry Pi documentation, BCM2712: 32 bits, up to 17 GB/s; overclocking options: sdram_freq 4267"}}},
};

}  // namespace

size_t Board::memory_count() const {
  size_t count = 0;
  while (count < kMostMemories && memories[count].kind != MemoryKind::none) ++count;
  return count;
}

const Board *find_board(const char *name) {
  for (const Board &board : kBoards) {
    if (strcasecmp(board.name, name) == 0) return &board;
  }
  return nullptr;
}

void list_boards(char *list, size_t bytes) {
  size_t used = 0;
  for (const Board &board : kBoards) {
    if (used >= bytes) return;
    used += static_cast<size_t>(snprintf(list + used, bytes - used, "%s%s", used > 0 ? ", " : "", board.name));
  }
}

}  // namespace tidbit::cli
