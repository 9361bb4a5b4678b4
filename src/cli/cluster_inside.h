// Internals of the private cluster, shared by its files. Paths are NUL-terminated and absolute.
#pragma once

#include "cluster.h"

#define SOCKET_NAME ".s.PGSQL.5432" // PostgreSQL's own name for the socket of port 5432

// ---------------------------------------------------------------------------------------------------- cluster_child.c

// The user who runs PostgreSQL: ourselves, or as root somebody else.
struct owner {
    uid_t uid;
    gid_t gid;
};

struct child_plan {
    const char *const *argv; // ends with NULL; a name without a slash is looked for in PATH
    struct owner owner;
    int output;       // becomes stdout and stderr; what keeps the program from being run is written there too
    int death_signal; // the signal it gets should marbre die
};

// A program in a session of its own, so that a terminal's Ctrl-C is for marbre alone. -1 and errno when there is none.
pid_t child_start(struct arena *arena, const struct child_plan *plan);
// Runs a program to its end. False when it failed, could not be run or was killed for lasting longer than `seconds`.
bool child_run(struct arena *arena, const char *const *argv, struct owner owner, int seconds, struct str *output);
// `work(path)` done with the owner's rights and no others.
bool child_call(struct owner owner, bool (*work)(const char *path), const char *path, int seconds);

int64_t deadline_in(int seconds);
bool poll_pause(int64_t deadline);                             // 10 ms; false, and no nap, when the deadline has passed
struct str text_from(struct arena *arena, int fd, off_t from); // of a file, at most its last 4 KiB
struct str last_lines(struct str text);                        // as many as an error has room for

// ---------------------------------------------------------------------------------------------------- cluster_place.c

struct place {
    const char *dir;     // what --data named
    const char *data;    // PostgreSQL's data directory
    const char *fresh;   // where it is made, before it gets its name
    const char *sockets; // the folder of the socket
    struct owner owner;
};

const char *place_dir(struct arena *arena, struct str data, struct error *error); // NULL: it cannot be made
bool place_find(struct arena *arena, const char *dir, struct place *place, struct error *error);
// Makes a folder that is the owner's alone, or finds it to be so.
bool folder_private(const char *path, struct owner owner, struct error *error);
bool folder_remove(const char *path, struct owner owner, struct error *error);

// ----------------------------------------------------------------------------------------------------- cluster_find.c

struct programs {
    const char *folder; // with initdb and postgres
    unsigned major;
};

// `wanted` is the major version that a data directory asks for; 0: any that marbre knows.
bool programs_find(struct arena *arena, const struct place *place, unsigned wanted, struct programs *programs,
                   struct error *error);

// --------------------------------------------------------------------------------------------------- cluster_server.c

// Ends what an earlier run left running, and removes what would keep the next from starting. Only under the lock.
bool server_clear(const struct place *place, struct error *error);
// Returns the server's pid when it takes connections, 0 and `error` when it does not.
pid_t server_start(struct arena *arena, const struct place *place, const char *folder, struct error *error);
bool server_end(pid_t pid, const char *data); // asks ever less politely; false when it outlived all
const char *server_log(struct arena *arena, const struct place *place);
