# Writes the bytes of a file, and a 0 byte after them, as the elements of a C array of char.
#
#     cmake -D IN=FILE -D OUT=FILE -P embed.cmake
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUT} "${bytes}0\n")
