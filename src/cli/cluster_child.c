// Children: how another program is run so that nothing of marbre leaks into it, and waited for no longer than said.
#include "cluster_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, LINES_MAX = 380, KILL_SECONDS = 3 };

int64_t deadline_in(int seconds)
{
    return clock_mono_us() + (int64_t)seconds * 1000000;
}

bool poll_pause(int64_t deadline)
{
    if (clock_mono_us() >= deadline)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return true;
}

struct str text_from(struct arena *arena, int fd, off_t from)
{
    off_t end = lseek(fd, 0, SEEK_END);
    off_t start = end - from > TEXT_MAX ? end - TEXT_MAX : from;
    char *bytes = arena_alloc(arena, TEXT_MAX);
    ssize_t n = pread(fd, bytes, TEXT_MAX, start);
    return (struct str){bytes, n > 0 ? (size_t)n : 0};
}

struct str last_lines(struct str text)
{
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    struct str rest;
    while (text.len > LINES_MAX) {
        str_cut(text, '\n', &rest);
        text = rest.ptr ? rest : (struct str){text.ptr + text.len - LINES_MAX, LINES_MAX};
    }
    return text;
}

// A fork whose child hears no signal through marbre's handlers, which may write to what both have open.
static pid_t fork_without_handlers(void)
{
    sigset_t all, none, before;
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid != 0) {
        int failed = errno;
        sigprocmask(SIG_SETMASK, &before, NULL);
        errno = failed;
        return pid;
    }
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return 0;
}

// Drops root's rights, in the child. Gives the call that failed, or NULL.
static const char *drop_rights(struct owner owner)
{
    if (geteuid() != 0)
        return NULL;
    if (setgroups(0, NULL))
        return "setgroups";
    if (setgid(owner.gid))
        return "setgid";
    return setuid(owner.uid) ? "setuid" : NULL;
}

// Sets the parent-death signal, in the child after drop_rights: the kernel forgets it at a change of user.
static const char *end_with(pid_t parent, int number)
{
    if (prctl(PR_SET_PDEATHSIG, number))
        return "prctl";
    if (getppid() != parent)
        _exit(1); // it died before the kernel was told
    return NULL;
}

static const char *child_setup(const struct child_plan *plan, pid_t parent)
{
    // Its output first: the other mishaps are told there.
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(plan->output, STDOUT_FILENO) < 0 || dup2(plan->output, STDERR_FILENO) < 0)
        return "dup2";
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
        return "/dev/null";
    if (setsid() < 0)
        return "setsid";
    umask(077);
    const char *failed = drop_rights(plan->owner);
    if (!failed)
        failed = end_with(parent, plan->death_signal);
    if (!failed && chdir("/")) // the owner may not be allowed where we are
        failed = "chdir";
    return failed;
}

pid_t child_start(struct arena *arena, const struct child_plan *plan)
{
    // Nothing of the caller's PG* variables and language: messages are read, and times are written, by programs.
    const char *path = getenv("PATH");
    const char *environment[] = {arena_printf(arena, "PATH=%s", path ? path : "/usr/bin:/bin").ptr, "LC_ALL=C",
                                 "TZ=UTC", NULL};
    pid_t parent = getpid(), pid = fork_without_handlers();
    if (pid != 0)
        return pid;
    const char *failed = child_setup(plan, parent);
    if (!failed) {
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); // a second fence: ours are all O_CLOEXEC, which old kernels rely on
        execvpe(plan->argv[0], (char *const *)plan->argv, (char *const *)environment);
        failed = plan->argv[0];
    }
    dprintf(STDERR_FILENO, "%s: %s\n", failed, strerror(errno));
    _exit(127);
}

static bool ended_by(int64_t deadline, pid_t pid, int *status)
{
    do {
        if (waitpid(pid, status, WNOHANG) != 0)
            return true;
    } while (poll_pause(deadline));
    return false;
}

// Waits for a child, and is true when it exited with 0. One that takes too long is killed, with all that it started in
// its session.
static bool finished_well(pid_t pid, int seconds)
{
    int status = -1;
    if (!ended_by(deadline_in(seconds), pid, &status)) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL); // it may have no group of its own
        ended_by(deadline_in(KILL_SECONDS), pid, &status);
        return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool child_run(struct arena *arena, const char *const *argv, struct owner owner, int seconds, struct str *output)
{
    *output = STR("");
    int fd = memfd_create("output", MFD_CLOEXEC); // not a pipe: nobody has to empty it while the program runs
    if (fd < 0)
        return false;
    struct child_plan plan = {.argv = argv, .owner = owner, .output = fd, .death_signal = SIGKILL};
    pid_t pid = child_start(arena, &plan);
    bool well = pid > 0 && finished_well(pid, seconds);
    *output = text_from(arena, fd, 0);
    close(fd);
    return well;
}

bool child_call(struct owner owner, bool (*work)(const char *path), const char *path, int seconds)
{
    pid_t parent = getpid(), pid = fork_without_handlers();
    if (pid < 0)
        return false;
    if (pid == 0)
        _exit(drop_rights(owner) || end_with(parent, SIGKILL) || !work(path));
    return finished_well(pid, seconds);
}
