# run_image(out IMAGE ARGUMENT [option...]) runs the image on the QEMU machine BOARD, or with the command RUNNER if it
# is set, and sets `out` to what it prints. Fails unless the exit code is 0.
function(run_image out image argument)
  string(REPLACE "," ",," argument "${argument}")  # in a QEMU option, a comma must be doubled
  set(command ${QEMU} -M ${BOARD} -display none -monitor none -serial none -chardev stdio,id=console ${ARGN}
    -semihosting-config "enable=on,target=native,chardev=console,arg=${argument}" -kernel ${image})
  if(RUNNER)
    set(command ${RUNNER} ${image})
  endif()
  execute_process(COMMAND ${command}
    INPUT_FILE /dev/null OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE code TIMEOUT 280)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${image} on ${BOARD} exited with ${code}:\n${text}${errors}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()
