// `embed`: something that stands on another site, by its address. No markup of that site is ever taken or given: HTML
// has a link that says whose it is, and a frontend makes of it what it trusts.
#include "content_internal.h"

#include <string.h>

// A provider with the hosts on which its addresses may be.
struct provider {
    const char *name, *title;
    const char *const *hosts; // ends with NULL
};

#define HOSTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct provider providers[] = {
    {"youtube", "YouTube",
     HOSTS("www.youtube.com", "youtube.com", "m.youtube.com", "youtu.be", "www.youtube-nocookie.com")},
    {"vimeo", "Vimeo", HOSTS("vimeo.com", "www.vimeo.com", "player.vimeo.com")},
    {"dailymotion", "Dailymotion", HOSTS("www.dailymotion.com", "dailymotion.com", "geo.dailymotion.com", "dai.ly")},
    {"twitch", "Twitch", HOSTS("www.twitch.tv", "twitch.tv", "clips.twitch.tv")},
    {"soundcloud", "SoundCloud", HOSTS("soundcloud.com", "www.soundcloud.com", "on.soundcloud.com")},
    {"spotify", "Spotify", HOSTS("open.spotify.com")},
    {"datawrapper", "Datawrapper", HOSTS("datawrapper.dwcdn.net", "www.datawrapper.de")},
    {"flourish", "Flourish", HOSTS("public.flourish.studio", "flo.uri.sh")},
    {"instagram", "Instagram", HOSTS("www.instagram.com", "instagram.com")},
    {"facebook", "Facebook", HOSTS("www.facebook.com", "facebook.com", "fb.watch")},
    {"x", "X", HOSTS("x.com", "www.x.com", "twitter.com", "www.twitter.com")},
    {"tiktok", "TikTok", HOSTS("www.tiktok.com", "tiktok.com", "vm.tiktok.com")},
    {"bluesky", "Bluesky", HOSTS("bsky.app")},
    {"threads", "Threads", HOSTS("www.threads.net", "www.threads.com")},
    {"mastodon", "Mastodon",
     HOSTS("mastodon.social", "mastodon.online", "mstdn.social", "mas.to", "piaille.fr", "framapiaf.org", "mamot.fr",
           "social.coop", "journa.host", "newsie.social")},
};

static const char *const names[] = {
    "youtube",   "vimeo",    "dailymotion", "twitch", "soundcloud", "spotify", "datawrapper", "flourish",
    "instagram", "facebook", "x",           "tiktok", "bluesky",    "threads", "mastodon",    NULL,
};
_Static_assert(COUNT_OF(names) == COUNT_OF(providers) + 1,
               "each provider has its name in the choice, in the same order");

static const char *const beginnings[] = {"https://", NULL};

struct embed {
    struct node node;
    unsigned provider;
    struct str url, title;
};

static const struct member members[] = {
    BODY_KEY,
    MEMBER("provider", choice, embed, provider, .required = true, .choices = names),
    MEMBER("url", address, embed, url, .required = true, .choices = beginnings),
    MEMBER("title", text, embed, title),
    {0},
};

static const struct provider *provider_of(const struct embed *embed)
{
    return &providers[embed->provider - 1];
}

// The authority of an address, all that stands between `https://` and the path: with a port or a user's name in it, it
// is no host of the table.
static struct str authority(struct str url)
{
    struct str rest = {url.ptr + strlen(beginnings[0]), url.len - strlen(beginnings[0])};
    size_t n = 0;
    while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' && rest.ptr[n] != '#')
        n++;
    return (struct str){rest.ptr, n};
}

static void end(struct reader *reader, const struct path *at, const json_t *object, struct node *node)
{
    (void)object;
    const struct embed *embed = (const struct embed *)node;
    if (!embed->provider || !embed->url.len)
        return;
    const char *const *hosts = provider_of(embed)->hosts;
    for (const char *const *host = hosts; *host; host++)
        if (str_eq_nocase(str_of(*host), authority(embed->url)))
            return;
    body_fault(reader, &(struct path){at, "url", 0}, "an embed of %s is an address on %s, not %s",
               provider_of(embed)->name, body_either(reader, hosts), body_quoted(reader, embed->url));
}

static void html(struct page *page, const struct node *node)
{
    const struct embed *embed = (const struct embed *)node;
    const struct provider *provider = provider_of(embed);
    buf_printf(&page->html, "<figure class=\"embed\" data-provider=\"%s\"><a href=\"", provider->name);
    body_html_attribute(page, embed->url);
    buf_put_lit(&page->html, "\" rel=\"noopener\">");
    body_html_escaped(page, embed->title.len ? embed->title : str_of(provider->title));
    buf_put_lit(&page->html, "</a></figure>");
}

static void text(struct page *page, const struct node *node)
{
    body_text_line(page, ((const struct embed *)node)->title);
}

const struct shape body_embed = {
    .type = "embed",
    .a = "an embed",
    .size = sizeof(struct embed),
    .members = members,
    .end = end,
    .html = html,
    .text = text,
};
