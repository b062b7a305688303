# What a wheel has beside the Python files (pyproject.toml): library, header, programs and networks, inside the package.
# Programs find the networks in ../models, from their own folder.
add_custom_target(gensample_python DEPENDS gensample_shared gensample)
set(python_programs $<TARGET_FILE:gensample>)
if(TARGET genbench)
  add_dependencies(gensample_python genbench)
  list(APPEND python_programs $<TARGET_FILE:genbench>)
endif()
# One file under one name, since wheels have no links.
install(PROGRAMS $<TARGET_FILE:gensample_shared> DESTINATION gensample RENAME libgensample.so COMPONENT python)
install(PROGRAMS ${python_programs} DESTINATION gensample/bin COMPONENT python)
install(DIRECTORY include/gensample DESTINATION gensample/include COMPONENT python)
install(FILES ${models} DESTINATION gensample/models COMPONENT python)
install(FILES ${logs} DESTINATION gensample/models/logs COMPONENT python)
