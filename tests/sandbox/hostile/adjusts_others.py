"""Changes priority, processor and limits of the zygote, the grader and itself."""
import resource

for process in (os.getppid(), grader):
    attempt(resource.prlimit, process, resource.RLIMIT_NOFILE)
    attempt(os.setpriority, os.PRIO_PROCESS, process, 19)
    attempt(os.getpriority, os.PRIO_PROCESS, process)
    attempt(os.sched_setaffinity, process, {0})
    attempt(os.sched_getaffinity, process)
    attempt(os.getpgid, process)
    attempt(os.getsid, process)
    attempt(system_call, 251, 1, process, 0)  # ioprio_set
attempt(resource.setrlimit, resource.RLIMIT_CORE, (0, 0))
attempt(resource.setrlimit, resource.RLIMIT_AS, (-1, -1))
attempt(resource.prlimit, 0, resource.RLIMIT_CPU, (-1, -1))
attempt(os.nice, 1)
attempt(os.setsid)
attempt(os.setpgid, 0, 0)
