# run_image(out IMAGE ARGUMENT [option...]): what the image prints on the machine BOARD of QEMU, or under the command
# RUNNER where there is one; fails unless it ends with 0.
function(run_image out image argument)
  string(REPLACE "," ",," argument "${argument}")  # a comma ends an option of qemu
  set(command ${QEMU} -M ${BOARD} -display none -monitor none -serial none -chardev stdio,id=console ${ARGN}
    -semihosting-config "enable=on,target=native,chardev=console,arg=${argument}" -kernel ${image})
  if(RUNNER)
    set(command ${RUNNER} ${image})
  endif()
  execute_process(COMMAND ${command}
    INPUT_FILE /dev/null OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE code TIMEOUT 280)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${image} on ${BOARD} ended with ${code}:\n${text}${errors}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()
