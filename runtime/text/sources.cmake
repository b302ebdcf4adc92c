target_sources(${tidbit_library} PRIVATE
  text/check.cpp
  text/decode.cpp
  text/encode.cpp
  text/lattice.cpp
  text/merge.cpp
  text/normalizer.cpp
  text/split.cpp
  text/split_program.cpp
  text/steps.cpp
  text/stream.cpp
  text/tables.cpp
  text/word_pieces.cpp
)
