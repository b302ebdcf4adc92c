# Usage: cmake -DREADELF=readelf -DHARD=folder -DSOFTFP=folder -P check_float_abi.cmake
# Checks that both archives use the FPU, that only one of them passes floats in its registers, and that the READMEs say
# which one.
cmake_minimum_required(VERSION 3.25)
foreach(abi HARD SOFTFP)
  execute_process(COMMAND ${READELF} -A ${${abi}}/lib/libtidbit.a OUTPUT_VARIABLE attributes COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${${abi}}/README.md readme)
  string(TOLOWER ${abi} option)
  if(NOT attributes MATCHES "Tag_FP_arch: VFPv4-D16" OR NOT readme MATCHES "`-mfloat-abi=${option}`"
     OR NOT readme MATCHES " -mfloat-abi=${option} ")
    message(FATAL_ERROR "${abi}: no FPU, or a README that does not name the ABI:\n${readme}")
  endif()
  if(attributes MATCHES "Tag_ABI_VFP_args: VFP registers")
    list(APPEND hard ${abi})
  endif()
endforeach()
if(NOT hard STREQUAL "HARD")
  message(FATAL_ERROR "archives that pass floats in registers of the FPU: ${hard}")
endif()
