# bidwell_room(NAME SOURCES a.cpp ... [ROOMS core ...] [USES lib ...] [PRIVATE lib ...])
#
# One room: a static library bidwell_NAME (alias bidwell::NAME) made of src/NAME. ROOMS are the rooms below
# it that its headers or sources include, so this is the dependency diagram; tests/house checks it.
# USES are outside libraries that its public headers need, PRIVATE those of its .cpp files alone.
function(bidwell_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;USES;PRIVATE" ${ARGN})
  add_library(bidwell_${name} STATIC ${ROOM_SOURCES})
  add_library(bidwell::${name} ALIAS bidwell_${name})
  # A room's own tests may look at its private headers, by <room>/x.h.
  target_include_directories(bidwell_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ROOM_ROOMS PREPEND bidwell::)
  target_link_libraries(bidwell_${name} PUBLIC bidwell::options ${ROOM_ROOMS} ${ROOM_USES}
                                        PRIVATE ${ROOM_PRIVATE})
endfunction()
