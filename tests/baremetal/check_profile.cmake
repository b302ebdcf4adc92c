# Usage: cmake -DQEMU=... -DBOARD=... -DIMAGE=cost.elf -DPLUGIN=count_instructions.so -DNM=nm -DCORE=m4f -DTIMES=64
#   -P check_profile.cmake
# Prints a row of a Markdown table: the share of each operation in the instructions of a token, in percent. Functions
# are assigned to operations by their mangled names; shared helpers count toward the operation that calls them. Fails if
# the parts do not add up to the total, or if an operation is missing that every token needs.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/image.cmake)

# The first matching pattern gives the operation of a function; `-` marks helpers.
set(operations
  "Walk.*6matmul|RowProduct.*6matmul|RunsOf=matmul"
  "ScoresI.*6scores=scores"
  "Vectors.*7softmax=softmax"
  "ValueMix.*3mix=mix"
  "Vectors.*(8rms_norm|10layer_norm)=norm"
  "Quantization.*8quantizeE=quantize"
  "Vectors.*13rotate_halves|13rotary_angles=rotary"
  "Vectors.*8activate|N_18activateE|N_113activate_with=activation"
  "Vectors.*3addE=add"
  "Lanes6to_f16|KvCache.*5?store=cache"
  "Walk|Product|Dot|TileSums|Groups|Vectors|Elementary|Quantization|Lanes|dot_|6tidbit(6format|8tree_sum|L?[0-9]+(fma|sqrt|square_root|half_to_float|float_to_half|magnitude_of|shift_right_sticky|round_to_float))=-"
  "11embed_chunk|5embed|10matrix_row|q[48]_row|11each_scaled=embedding"
  "tidbit_sample|13highest_index=sampling"
  "6tidbit|tidbit_|main=rest")
set(most_rest 11)  # percent; if there is more, a helper is missing in the list above
set(columns matmul scores softmax mix norm quantize rotary activation add cache embedding sampling rest)

function(operation_of out name)
  foreach(entry IN LISTS operations)
    string(REGEX MATCH "^(.*)=(.*)$" entry "${entry}")
    set(operation ${CMAKE_MATCH_2})
    if(name MATCHES "${CMAKE_MATCH_1}")
      set(${out} ${operation} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${out} - PARENT_SCOPE)
endfunction()

# Writes the functions that belong to an operation, for the plugin.
function(write_groups path)
  execute_process(COMMAND ${NM} -S --defined-only --numeric-sort ${IMAGE} OUTPUT_VARIABLE listing
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9a-f]+ [0-9a-f]+ [tTwW] [^\n]+" functions "${listing}")
  set(lines "")
  foreach(function IN LISTS functions)
    string(REGEX MATCH "^([0-9a-f]+) ([0-9a-f]+) . (.*)$" function "${function}")
    set(range "${CMAKE_MATCH_1} ${CMAKE_MATCH_2}")
    operation_of(operation ${CMAKE_MATCH_3})
    if(NOT operation STREQUAL "-")
      string(APPEND lines "${range} ${operation}\n")
    endif()
  endforeach()
  file(WRITE ${path} "${lines}")
endfunction()

# Sets ${prefix}_all and ${prefix}_<operation>.
function(count prefix times)
  set(log ${IMAGE}.profile.log)
  run_image(text ${IMAGE} "token ${times}" -plugin ${PLUGIN},groups=${groups} -d plugin -D ${log})
  file(STRINGS ${log} lines REGEX "^instructions ")
  foreach(line IN LISTS lines)
    if(line MATCHES "^instructions ([0-9]+)$")
      set(${prefix}_all ${CMAKE_MATCH_1} PARENT_SCOPE)
    elseif(line MATCHES "^instructions of ([a-z]+) ([0-9]+)$")
      set(${prefix}_${CMAKE_MATCH_1} ${CMAKE_MATCH_2} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

set(groups ${IMAGE}.groups)
write_groups(${groups})
count(start 0)
count(end ${TIMES})

math(EXPR all "${end_all} - ${start_all}")
math(EXPR each "${all} / ${TIMES}")
set(sum 0)
set(head "| core | instructions |")
set(rule "|---|---|")
set(row "| ${CORE} | ${each} |")
foreach(operation IN LISTS columns)
  math(EXPR count "${end_${operation}} - ${start_${operation}}")
  if(NOT count GREATER 0)
    message(FATAL_ERROR "no function of the operation '${operation}' was run; update the patterns")
  endif()
  math(EXPR sum "${sum} + ${count}")
  math(EXPR permille "(${count} * 1000 + ${all} / 2) / ${all}")
  math(EXPR whole "${permille} / 10")
  math(EXPR tenth "${permille} % 10")
  string(APPEND head " ${operation} |")
  string(APPEND rule "---|")
  string(APPEND row " ${whole}.${tenth} |")
endforeach()
message("${head}\n${rule}\n${row}")
if(permille GREATER ${most_rest}0)
  message(FATAL_ERROR "${whole}.${tenth}% of the instructions belong to no operation; update the patterns")
endif()
if(NOT sum EQUAL all)
  message(FATAL_ERROR "the operations add up to ${sum} instructions, but the tokens take ${all}")
endif()
