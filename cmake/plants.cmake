# The bugs that chaos tests plant (core/io/db/db_plant.h) are in no build that anybody ships: only these files know
# of them, and only with sanitizers.
if(EXECGOV_SANITIZE)
  set_source_files_properties(core/base/clock.c core/io/db/db.c core/io/db/db_plant.c core/store/queue/job_queue.c
                              worker/work.c worker/sandbox/daemon/group.c
                              PROPERTIES COMPILE_DEFINITIONS EXECGOV_PLANTS)
endif()
