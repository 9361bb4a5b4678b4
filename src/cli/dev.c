// dev: a newsroom to try out, in one folder: a private PostgreSQL, migrated, with accounts and a sample, served.
#include "cli.h"
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD "marbre-dev-only"

static const struct {
    const char *role, *email, *name;
} accounts[] = {
    {"contributor", "contributor@marbre.test", "Lucie Arnal"},
    {"editor", "editor@marbre.test", "Camille Roche"},
    {"chief", "chief@marbre.test", "Hélène Vasseur"},
    {"sales", "sales@marbre.test", "Marc Duteil"},
    {"admin", "admin@marbre.test", "Inès Kadri"},
};

struct dev {
    struct arena *arena;
    struct config config;
    struct db_statements statements;
    struct db_release release;
    const struct embedded_file *files;
    struct str data;
    bool empty, sample_loaded;
    unsigned scale; // articles beside those of the sample
    struct cluster *cluster;
    struct db_session *owner;
};

static struct str in_data(const struct dev *dev, const char *name)
{
    return arena_printf(dev->arena, "%.*s/%s", STR_FMT(dev->data), name);
}

static bool answers_yes(struct dev *dev, struct db_session *session, const char *sql)
{
    struct db_statement question = db_statement_read(dev->arena, STR("dev/question"), str_of(sql));
    struct db_answer answer;
    struct error ignored;
    return db_session_run(session, dev->arena, &(struct db_step){&question, NULL}, 1, &answer, &ignored) &&
           str_eq(db_answer_at(&answer, 0, 0), STR("t"));
}

// The database, its owner's migrations, and the role that serves, which in this cluster may log in by itself.
static bool prepare_database(struct dev *dev, struct error *error)
{
    struct str first = cluster_url(dev->cluster, dev->arena, STR("marbre_owner"), STR("postgres"));
    struct db_session *session = db_session_open(dev->arena, first, STR(""), STR(""), error);
    if (!session)
        return false;
    if (!answers_yes(dev, session, "select true from pg_database where datname = 'marbre'") &&
        !db_session_script(session, STR("create database marbre"), error))
        return false;
    dev->config.migrate_database_url = cluster_url(dev->cluster, dev->arena, STR("marbre_owner"), STR("marbre"));
    dev->config.database_url = cluster_url(dev->cluster, dev->arena, dev->config.database_role, STR("marbre"));
    dev->owner = db_session_open(dev->arena, dev->config.migrate_database_url, STR(""), dev->release.set, error);
    struct db_migration migration = {
        .release = &dev->release, .role = dev->config.database_role, .lock_seconds = dev->config.migrate_seconds};
    struct str login = arena_printf(dev->arena, "alter role \"%.*s\" login", STR_FMT(dev->config.database_role));
    if (!dev->owner || !db_migrate(dev->owner, &migration, error) || !db_session_script(dev->owner, login, error))
        return false;
    return true;
}

static bool prepare_keys(struct dev *dev, struct error *error)
{
    struct str folder = in_data(dev, "secrets");
    if (mkdir(folder.ptr, S_IRWXU) != 0 && errno != EEXIST)
        return error_set(error, "%.*s: %s", STR_FMT(folder), strerror(errno));
    dev->config.jwt_keys_file = in_data(dev, "secrets/jwt_keys");
    return auth_keys_make(dev->config.jwt_keys_file, error);
}

static bool prepare_accounts(struct dev *dev, struct error *error)
{
    struct account_act act = {dev->owner, &dev->statements, &dev->config};
    if (answers_yes(dev, dev->owner, "select exists (select from accounts)"))
        return true;
    for (size_t i = 0; i < COUNT_OF(accounts); i++)
        if (!account_add(&act, str_of(accounts[i].email), str_of(accounts[i].name), str_of(accounts[i].role),
                         STR(PASSWORD), error))
            return false;
    return true;
}

// The sample is loaded into an empty newsroom, or again where a start was interrupted in the middle of loading it.
static bool prepare_sample(struct dev *dev, struct error *error)
{
    struct str marker = in_data(dev, "sample-loading");
    bool interrupted = access(marker.ptr, F_OK) == 0;
    struct server_ready ready;
    if (dev->empty ||
        (!interrupted && answers_yes(dev, dev->owner,
                                     "select exists (select from sections) or exists (select from articles)"
                                     " or exists (select from tags) or exists (select from authors)")))
        return true;
    int fd = open(marker.ptr, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return error_set(error, "%.*s: %s", STR_FMT(marker), strerror(errno));
    close(fd);
    if (!db_session_script(dev->owner, STR("truncate articles, article_slugs, sections, tags, authors cascade"), error))
        return false;
    struct server_setup setup = {.config = &dev->config,
                                 .statements = &dev->statements,
                                 .release = &dev->release,
                                 .contract = cli_contract(),
                                 .files = dev->files};
    struct db_session *session =
        db_session_open(dev->arena, dev->config.database_url, dev->config.database_role, dev->release.set, error);
    if (!session)
        return false;
    if (!server_check(dev->arena, &setup, &ready, error))
        return false;
    if (!sample_load(dev->arena, ready.contract, session, dev->owner, error))
        return false;
    unlink(marker.ptr);
    dev->sample_loaded = true;
    return true;
}

// Articles by the hundred thousand, for whoever looks at plans and speeds; once.
static bool prepare_scale(struct dev *dev, struct error *error)
{
    if (dev->scale == 0 ||
        answers_yes(dev, dev->owner, "select exists (select from sections where slug = 'rubrique-1')"))
        return true;
    struct str count = arena_printf(dev->arena,
                                    "select set_config('marbre.scale', '%u', false),"
                                    " set_config('statement_timeout', '0', false)",
                                    dev->scale);
    struct str script = {embedded_scale[0].bytes, embedded_scale[0].size};
    return db_session_script(dev->owner, count, error) && db_session_script(dev->owner, script, error) &&
           db_session_script(dev->owner, STR("vacuum analyze"), error);
}

static bool start_cluster(struct dev *dev, struct error *error)
{
    dev->cluster = cluster_start(dev->arena, dev->data, error);
    return dev->cluster;
}

static void dev_announce(void *context)
{
    const struct dev *dev = context;
    struct str at = dev->config.listen;
    printf("\nmarbre serves on http://%.*s   (data in %.*s, Ctrl-C ends it)\n\n"
           "  look       http://%.*s/\n"
           "  readers    http://%.*s/v1/articles\n"
           "  try it out http://%.*s/docs\n"
           "  contract   http://%.*s/openapi.json\n"
           "  accounts  ",
           STR_FMT(at), STR_FMT(dev->data), STR_FMT(at), STR_FMT(at), STR_FMT(at), STR_FMT(at));
    for (size_t i = 0; i < COUNT_OF(accounts); i++)
        printf(" %s", accounts[i].email);
    printf("\n             password " PASSWORD "\n\n"
           "Try:\n"
           "  curl 'http://%.*s/v1/articles?limit=2'\n"
           "  curl -H 'Content-Type: application/json' -d '{\"email\":\"editor@marbre.test\",\"password\":\"" PASSWORD
           "\"}' "
           "http://%.*s/v1/auth/login\n\n",
           STR_FMT(at), STR_FMT(at));
    fflush(stdout);
}

static bool is_alive(void *context)
{
    struct dev *dev = context;
    if (cluster_alive(dev->cluster))
        return true;
    log_event(LOG_ERROR, "dev.postgres", "PostgreSQL ended by itself; its log is %.*s",
              STR_FMT(cluster_log(dev->cluster)));
    return false;
}

static bool options_read(struct dev *dev, int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"empty", no_argument, NULL, 'e'},
                                            {"scale", required_argument, NULL, 's'},
                                            {0}};
    enum { SCALE_MAX = 10000000 };
    int option;
    uint64_t scale;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'l')
            dev->config.listen = str_of(optarg);
        else if (option == 'd')
            dev->data = str_of(optarg);
        else if (option == 'e')
            dev->empty = true;
        else if (option == 's' && str_to_u64(str_of(optarg), SCALE_MAX, &scale) && scale > 0)
            dev->scale = (unsigned)scale;
        else
            return false;
    }
    return optind == argc;
}

static int dev_serve(struct dev *dev)
{
    struct error error;
    if (!start_cluster(dev, &error))
        return cli_fail("%s", error.detail);
    struct server_setup setup = {.config = &dev->config,
                                 .statements = &dev->statements,
                                 .release = &dev->release,
                                 .contract = cli_contract(),
                                 .files = dev->files,
                                 .serving = dev_announce,
                                 .is_alive = is_alive,
                                 .context = dev};
    int status = 0;
    if (!prepare_database(dev, &error) || !prepare_keys(dev, &error) || !prepare_accounts(dev, &error) ||
        !prepare_sample(dev, &error) || !prepare_scale(dev, &error)) {
        status = cli_fail("%s", error.detail);
    } else {
        log_open(STDERR_FILENO);
        bool served = server_run(&setup, &error);
        log_close();
        if (!served)
            status = cli_fail("%s", error.detail);
        else if (!cluster_alive(dev->cluster))
            status = cli_fail("PostgreSQL ended by itself; the next start recovers what was written");
    }
    return status;
}

static size_t files_count(const struct embedded_file *files)
{
    size_t count = 0;
    while (files[count].path)
        count++;
    return count;
}

// Embedded files of `marbre dev`: those of production, and the front page.
static const struct embedded_file *files_with_front(struct arena *arena)
{
    size_t served = files_count(embedded_files), front = files_count(embedded_front);
    struct embedded_file *files = ARENA_ARRAY(arena, struct embedded_file, served + front + 1);
    memcpy(files, embedded_files, served * sizeof *files);
    memcpy(files + served, embedded_front, (front + 1) * sizeof *files);
    return files;
}

int command_dev(int argc, char **argv)
{
    struct dev dev = {.arena = arena_new(), .data = STR(".marbre")};
    int status;
    if (!cli_config(dev.arena, &dev.config)) {
        status = 1;
    } else if (!options_read(&dev, argc, argv)) {
        status =
            cli_usage("dev takes --listen ADDRESS:PORT, --data DIR, --empty and --scale N: see `marbre dev --help`");
    } else {
        dev.config.drain_seconds = 0; // Ctrl-C is meant at once
        if (!getenv("MARBRE_SITE_URL"))
            dev.config.site_url = arena_printf(dev.arena, "http://%.*s", STR_FMT(dev.config.listen));
        dev.statements = db_statements_read(dev.arena, embedded_statements);
        dev.release = cli_release(dev.arena);
        dev.files = files_with_front(dev.arena);
        status = dev_serve(&dev);
    }
    struct cluster *cluster = dev.cluster;
    if (cluster)
        cluster_stop(cluster);
    arena_free(dev.arena);
    return status;
}
