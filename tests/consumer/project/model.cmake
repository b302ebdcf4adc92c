# Makes model.tidbit and model_plan.h in the binary folder: the checkpoint TIDBIT_SAMPLE and a plan of its memory, with
# the programs in TIDBIT_PROGRAMS.
set(TIDBIT_SAMPLE "" CACHE PATH "Checkpoint that becomes the program's model")

add_custom_command(OUTPUT model.tidbit model_plan.h
  COMMAND ${TIDBIT_PROGRAMS}/tidbit-convert ${TIDBIT_SAMPLE} -o model.tidbit
  COMMAND ${TIDBIT_PROGRAMS}/tidbit plan model.tidbit --header model_plan.h
  DEPENDS ${TIDBIT_PROGRAMS}/tidbit-convert ${TIDBIT_PROGRAMS}/tidbit)
