"""What readers get: lists and articles, how caches may keep them, when they appear and disappear, and what never shows."""
import re
import time

import pytest

import marbre

CACHE = re.compile(r"public, max-age=(\d+), s-maxage=(\d+), stale-while-revalidate=(\d+), stale-if-error=(\d+)")


def cache_seconds(reply):
    """max-age, s-maxage, stale-while-revalidate, stale-if-error."""
    return [int(seconds) for seconds in CACHE.fullmatch(reply.headers["Cache-Control"]).groups()]


def address(article):
    return f"/v1/articles/{article['slug']}"


def titles(page):
    return [card["title"] for card in page["data"]]


def ids(page):
    return [card["id"] for card in page["data"]]


def publish(editor, **fields):
    return editor.act(editor.make_article(**fields), "publish")


def walk(reader, path, limit):
    """Every id of a list, page by page along its Link headers."""
    found, link = [], f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while link:
        reply = reader.get(link, 200)
        page = reply.json()
        assert len(page["data"]) <= limit
        found += ids(page)
        match = re.fullmatch(r'<([^>]+)>; rel="next"', reply.headers.get("Link", ""))
        assert (match is None) == (page["next"] is None) and (match is None or page["next"] in match.group(1))
        link = match.group(1) if match else None
    return found


def set_range(server, article, during):
    server.sql(f"update publications set during = {during} where article_id = '{article['id']}' and not past")


@pytest.fixture
def section(chief):
    """A section of the story's own, so that its list holds nothing else."""
    return chief.make("sections", name="Rubrique d’une histoire")["slug"]


@pytest.fixture
def passing(server, editor):
    """Makes published articles whose ranges a story may bend, and takes them back at its end."""
    made = []

    def make(**fields):
        made.append(publish(editor, **fields))
        return made[-1]

    yield make
    for article in made:
        editor.post(f"/v1/desk/articles/{article['id']}/unpublish", {}, 200, headers={"If-Match": "*"})


# --------------------------------------------------------------------------------------------------------- lists

def test_the_newest_article_comes_first_and_items_have_no_body(editor, reader, section):
    made = [publish(editor, title=f"Numéro {n}", standfirst="Chapeau", sections=[section],
                    body=[marbre.block("Texte")]) for n in range(3)]
    assert ids(reader.get("/v1/articles?limit=3", 200).json()) == [article["id"] for article in reversed(made)]
    page = reader.get(f"/v1/articles?section={section}", 200).json()
    assert titles(page) == ["Numéro 2", "Numéro 1", "Numéro 0"] and page["next"] is None
    card = page["data"][0]
    assert not {"body", "body_html", "body_text", "status", "version", "created_by"} & set(card)
    assert card["teaser"] == "Chapeau" and card["word_count"] == 1
    assert card["published_at"] == made[2]["published_at"]


def test_a_later_publication_of_changes_does_not_move_an_article_up(editor, reader, section):
    first, second = (publish(editor, title=title, sections=[section]) for title in ("Un", "Deux"))
    editor.act(editor.save(first, kicker="Mis à jour"), "publish")
    assert ids(reader.get(f"/v1/articles?section={section}", 200).json()) == [second["id"], first["id"]]


def test_a_section_lists_its_own_articles_also_those_that_it_shares(editor, chief, reader, section):
    other = chief.make("sections", name="Autre rubrique")["slug"]
    here = publish(editor, title="Ici", sections=[section])
    both = publish(editor, title="Ici et là", sections=[other, section])
    publish(editor, title="Là", sections=[other])
    assert ids(reader.get(f"/v1/articles?section={section}", 200).json()) == [both["id"], here["id"]]
    moved = editor.act(editor.save(here, sections=[other]), "publish")
    assert ids(reader.get(f"/v1/articles?section={section}", 200).json()) == [both["id"]]
    assert moved["id"] in ids(reader.get(f"/v1/articles?section={other}", 200).json())
    assert reader.get("/v1/articles?section=cette-rubrique-n-existe-pas", 200).json() == {"data": [], "next": None}


def test_a_page_has_as_many_items_as_asked_and_twenty_when_not(editor, reader, section):
    for n in range(21):
        publish(editor, title=f"Page {n}", sections=[section])
    assert len(reader.get(f"/v1/articles?section={section}", 200).json()["data"]) == 20
    assert len(reader.get(f"/v1/articles?section={section}&limit=100", 200).json()["data"]) == 21
    full = reader.get(f"/v1/articles?section={section}&limit=21", 200)
    assert len(full.json()["data"]) == 21 and full.json()["next"] is None and "Link" not in full.headers


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_follow_each_other_without_gap_or_repeat_also_at_equal_times(server, editor, reader, section, limit):
    made = [publish(editor, title=f"Même instant {n}", sections=[section])["id"] for n in range(7)]
    server.sql(f"update publications set published_at = '2026-01-02 03:04:05.678901+00' where article_id in "
               f"('{made[1]}', '{made[2]}', '{made[3]}', '{made[4]}', '{made[5]}')")
    found = walk(reader, f"/v1/articles?section={section}", limit)
    assert found == [made[6], made[0], *sorted(made[1:6], reverse=True)]


def test_pages_of_all_articles_hold_every_article_once(editor, reader):
    for n in range(5):
        publish(editor, title=f"Tout {n}")
    small, large = walk(reader, "/v1/articles", 3), walk(reader, "/v1/articles", 100)
    assert small == large and len(set(small)) == len(small) >= 5


def test_what_is_published_meanwhile_does_not_shift_the_next_page(editor, reader, section):
    made = [publish(editor, title=f"Avant {n}", sections=[section])["id"] for n in range(4)]
    page = reader.get(f"/v1/articles?section={section}&limit=2", 200).json()
    publish(editor, title="Entre-temps", sections=[section])
    rest = reader.get(f"/v1/articles?section={section}&limit=2&cursor={page['next']}", 200).json()
    assert ids(page) + ids(rest) == list(reversed(made))


def test_a_cursor_is_good_for_the_list_and_the_filters_that_made_it_only(editor, chief, reader, section):
    for n in range(3):
        publish(editor, title=f"Curseur {n}", sections=[section])
    other = chief.make("sections", name="Autre rubrique")["slug"]
    cursor = reader.get(f"/v1/articles?section={section}&limit=1", 200).json()["next"]
    assert len(reader.get(f"/v1/articles?limit=2&section={section}&cursor={cursor}", 200).json()["data"]) == 2
    for path in (f"/v1/articles?cursor={cursor}", f"/v1/articles?section={other}&cursor={cursor}",
                 f"/v1/tags?cursor={cursor}", f"/v1/authors?cursor={cursor}"):
        assert [fault["pointer"] for fault in reader.get(path, 400).json()["errors"]] == ["?cursor"]


def test_a_cursor_that_was_tampered_with_is_refused(editor, reader, section):
    for n in range(2):
        publish(editor, title=f"Falsifié {n}", sections=[section])
    cursor = reader.get(f"/v1/articles?section={section}&limit=1", 200).json()["next"]
    tampered = [cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1:] for i in range(0, len(cursor) - 1, 7)]
    for wrong in [*tampered, cursor[:-4], cursor + "AAAA", "A", "x" * 999, "%F0%9F%8E%88", cursor + "%3D"]:
        problem = reader.get(f"/v1/articles?section={section}&limit=1&cursor={wrong}", 400).json()
        assert [fault["pointer"] for fault in problem["errors"]] == ["?cursor"], wrong


@pytest.mark.parametrize("query, pointers", [
    ("inconnu=1", ["?inconnu"]), ("limit=0", ["?limit"]), ("limit=101", ["?limit"]), ("limit=dix", ["?limit"]),
    ("limit=-1", ["?limit"]), ("limit=1.5", ["?limit"]), ("limit=", ["?limit"]), ("limit=99999999999999999999", ["?limit"]),
    ("limit=1&limit=2", ["?limit"]), ("section=Pas+un+slug", ["?section"]), ("section=%FF", ["?"]), ("cursor=", ["?cursor"]),
    ("limit=0&section=É&autre=1&LIMIT=3", ["?LIMIT", "?autre", "?limit", "?section"])])
def test_a_query_that_means_nothing_is_refused_and_every_fault_is_named(reader, query, pointers):
    problem = reader.get("/v1/articles?" + query, 400).json()
    assert sorted(fault["pointer"] for fault in problem["errors"]) == pointers


@pytest.mark.parametrize("query, pointer, words", [
    ("section[]=chine", "?section[]", "write section=, and repeat it"), ("tag%5B0%5D=x", "?tag[0]", "write tag=, and repeat it"),
    ("limit[]=1", "?limit[]", "write limit="), ("inconnu[]=1", "?inconnu[]", "no such query parameter"),
    ("since=2026-11-22T21:00:00+02:00", "?since", "write %2B"), ("until=2026-11-22T21:00:00.5+02:00", "?until", "write %2B"),
    ("since=hier", "?since", "is not a time")])
def test_a_query_in_the_spelling_of_others_is_told_how_it_is_written_here(reader, query, pointer, words):
    (fault,) = reader.get("/v1/articles?" + query, 400).json()["errors"]
    assert fault["pointer"] == pointer and words in fault["detail"]
    reader.get("/v1/articles?since=2026-11-22T21:00:00%2B02:00&section=chine&section=asie", 200)


def test_an_article_takes_the_forms_of_its_body_and_no_other_parameter(editor, reader):
    article = publish(editor, title="Formes", body=[marbre.block("Un texte.")])
    assert [name for name in reader.get(address(article), 200).json() if name.startswith("body")] == ["body"]
    for form in ("html", "text"):
        story = reader.get(address(article) + f"?body={form}", 200).json()
        assert [name for name in story if name.startswith("body")] == [f"body_{form}"] and "Un texte." in story[f"body_{form}"]
    for query, pointer in (("body=pdf", "?body"), ("section=x", "?section"), ("limit=1", "?limit")):
        assert reader.get(f"{address(article)}?{query}", 400).json()["errors"][0]["pointer"] == pointer


def test_there_is_nothing_under_a_slug_that_no_article_has(reader):
    problem = reader.get("/v1/articles/personne-ne-l-a-ecrit", 404)
    assert problem.json()["type"] == "/problems/not-found" and problem.headers["Cache-Control"] == "no-store"
    reader.get("/v1/articles/personne-ne-l-a-ecrit", 404, headers={"If-None-Match": "*"})


# -------------------------------------------------------------------------------------------------------- caches

@pytest.mark.parametrize("kind", ["article", "list"])
def test_a_client_that_has_the_bytes_gets_none(editor, reader, section, kind):
    article = publish(editor, title="Étiquette", sections=[section], body=[marbre.block("Texte")])
    path = address(article) if kind == "article" else f"/v1/articles?section={section}"
    full = reader.get(path, 200)
    tag = full.headers["ETag"]
    assert re.fullmatch(r'"[\w-]+"', tag), "strong, since the bytes are the same"
    for held in (tag, "W/" + tag, f'"autre", {tag}', f'W/"a",W/{tag} , "b"', "*"):
        reply = reader.get(path, 304, headers={"If-None-Match": held})
        assert reply.headers["ETag"] == tag and cache_seconds(reply)[0] <= 10
    for held in ('"autre"', tag.strip('"'), "", '"*"', tag[:-2] + '"'):
        assert reader.get(path, 200, headers={"If-None-Match": held}).content == full.content
    editor.act(editor.save(article, kicker="Nouveau"), "publish")
    assert reader.get(path, 200, headers={"If-None-Match": tag}).headers["ETag"] != tag


def test_each_form_of_an_article_has_a_tag_of_its_own(editor, reader):
    article = publish(editor, title="Trois formes", body=[marbre.block("Texte")])
    tags = {reader.get(address(article) + f"?body={form}", 200).headers["ETag"] for form in ("blocks", "html", "text")}
    assert len(tags) == 3


def test_head_says_what_get_would_and_sends_no_body(editor, reader, section):
    article = publish(editor, title="Tête", sections=[section])
    for path in (address(article), f"/v1/articles?section={section}", "/v1/sections", "/v1/articles/rien-ici"):
        get, head = reader.get(path), reader.request("HEAD", path)
        assert head.status_code == get.status_code and head.content == b""
        own = ("Date", "X-Request-Id", "Connection", "Content-Length") if get.status_code == 404 else ("Date", "X-Request-Id")
        assert {k: v for k, v in head.headers.items() if k not in own} == {
            k: v for k, v in get.headers.items() if k not in own}
        assert int(head.headers["Content-Length"]) == len(get.content)
    reader.request("HEAD", address(article), 304, headers={"If-None-Match": "*"})


def test_no_reply_says_when_it_was_last_modified_for_seconds_cannot_tell(editor, reader, section):
    article = publish(editor, title="Sans heure", sections=[section])
    for path in (address(article), address(article) + "/related", "/v1/articles", "/v1/sections", f"/v1/sections/{section}",
                 f"/v1/sections/{section}?include=articles", "/v1/tags", "/v1/authors"):
        reply = reader.get(path, 200, headers={"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"})
        assert "Last-Modified" not in reply.headers and reply.headers["ETag"], path


def test_caches_may_keep_what_no_range_will_change(editor, reader):
    article = publish(editor, title="Durable")
    assert cache_seconds(reader.get(address(article), 200)) == [10, 60, 60, 86400]


def test_no_cache_keeps_an_article_past_the_end_of_its_range(server, reader, passing, section):
    article = passing(title="Bientôt fini", sections=[section])
    set_range(server, article, "tstzrange(lower(during), clock_timestamp() + interval '7 seconds')")
    for path in (address(article), f"/v1/articles?section={section}", "/v1/articles"):
        max_age, shared, revalidate, if_error = cache_seconds(reader.get(path, 200))
        assert 3 <= max_age <= 7 and 3 <= shared <= 7 and revalidate == if_error == 0, path
    set_range(server, article, "tstzrange(lower(during), clock_timestamp() + interval '100 seconds')")
    max_age, shared, revalidate, if_error = cache_seconds(reader.get(address(article), 200))
    assert (max_age, shared) == (10, 60) and 30 <= revalidate == if_error <= 40, "what is left of the hundred seconds"


def test_no_cache_keeps_a_list_past_the_moment_at_which_an_article_is_due(server, reader, passing, section):
    article = passing(title="Bientôt là", sections=[section])
    set_range(server, article, "tstzrange(clock_timestamp() + interval '7 seconds', null)")
    for path in ("/v1/articles", f"/v1/articles?section={section}", "/v1/articles?section=une-rubrique-vide"):
        reply = reader.get(path, 200)
        assert article["id"] not in ids(reply.json())
        max_age, shared, revalidate, if_error = cache_seconds(reply)
        assert 3 <= max_age <= 7 and 3 <= shared <= 7 and revalidate == if_error == 0, path


def test_a_cache_can_purge_by_what_a_reply_was_built_from(editor, chief, reader, filing):
    article = publish(editor, title="Clés")
    assert {f"article:{article['id']}", f"slug:{article['slug']}"} <= set(
        reader.get(address(article), 200).headers["Surrogate-Key"].split())
    assert "list:articles" in reader.get("/v1/articles", 200).headers["Surrogate-Key"].split()
    for path, key in (("sections/politique", f"section:{filing['politique']['id']}"), ("sections", "list:sections"),
                      ("tags/chine", f"tag:{filing['chine']['id']}"), ("tags", "list:tags"),
                      ("authors/nadia-morel", f"author:{filing['nadia']['id']}"), ("authors", "list:authors")):
        assert key in reader.get(f"/v1/{path}", 200).headers["Surrogate-Key"].split()


# --------------------------------------------------------------------------------------------------------- ranges

def test_a_range_that_begins_makes_an_article_appear_and_nobody_has_to_do_anything(server, reader, passing, section):
    article = passing(title="À l’heure dite", sections=[section])
    set_range(server, article, "tstzrange(clock_timestamp() + interval '1 second', null)")
    reader.get(address(article), 404)
    assert titles(reader.get(f"/v1/articles?section={section}", 200).json()) == []
    due = server.sql(f"select rfc3339(lower(during)) from publications where article_id = '{article['id']}' and not past")
    story = marbre.wait_for(lambda: (reply := reader.get(address(article))).status_code == 200 and reply, "the range", 10)
    assert story.json()["updated_at"] == due
    assert titles(reader.get(f"/v1/articles?section={section}", 200).json()) == ["À l’heure dite"]


def test_a_range_that_ends_makes_an_article_disappear(server, editor, reader, passing, section):
    article = passing(title="Jusqu’à l’heure dite", sections=[section])
    set_range(server, article, "tstzrange(lower(during), clock_timestamp() + interval '600 milliseconds')")
    assert cache_seconds(reader.get(address(article), 200)) == [0, 0, 0, 0]
    marbre.wait_for(lambda: reader.get(address(article)).status_code == 404, "the end of the range", 10)
    assert titles(reader.get(f"/v1/articles?section={section}", 200).json()) == []
    end = f"select upper(during) from publications where article_id = '{article['id']}' order by id limit 1"
    ended = server.sql(end)
    again = editor.post(f"/v1/desk/articles/{article['id']}/publish", {}, 200, headers={"If-Match": "*"}).json()
    assert reader.get(address(article), 200).json()["published_at"] == again["published_at"] == article["published_at"]
    assert server.sql(end) == ended, "what comes later does not change when it ended"


def test_one_text_and_address_follow_another_where_one_range_ends_and_the_next_begins(server, editor, reader, passing):
    article = passing(title="Avant minuit")
    after = editor.save(article, title="Après minuit", slug=article["slug"] + "-passe")
    server.sql(f"""
        select clock_timestamp() + interval '700 milliseconds' as turn \\gset
        update publications set during = tstzrange(lower(during), :'turn')
         where article_id = '{article['id']}' and not past;
        insert into publications (article_id, content_id, during, published_at)
        select id, content_id, tstzrange(:'turn', null), article_published_at(id)
          from articles where id = '{article['id']}'""")
    reader.get(address(after), 404)
    seen = []

    def turned():
        seen.append(reader.get(address(article)).status_code)
        return seen[-1] == 308

    marbre.wait_for(turned, "the next text", 10)
    assert len(seen) > 1 and set(seen[:-1]) == {200}, "always one of them, and the first until then"
    assert reader.get(address(after), 200).json()["title"] == "Après minuit"
    assert after["has_changes"]


def test_the_database_refuses_two_ranges_of_one_article_that_overlap(server, reader, passing):
    article = passing(title="Deux à la fois")
    copy_of = f"insert into publications (article_id, content_id, during, published_at) " \
              f"select article_id, content_id, %s, published_at from publications where article_id = '{article['id']}'"
    for during, rule in (("tstzrange(now() - interval '1 hour', null)", "exclusion"),
                         ("tstzrange(now(), now() + interval '1 day')", "exclusion"),
                         ("tstzrange(null, now() - interval '1 day')", "check")):
        with pytest.raises(RuntimeError, match=f"violates {rule} constraint"):
            server.sql(copy_of % during)
    server.sql(copy_of % "tstzrange(now() - interval '2 hours', now() - interval '1 hour')")
    reader.get(address(article), 200)


# ---------------------------------------------------------------------------------------------------------- slugs

def test_an_address_that_readers_knew_leads_to_the_present_one(editor, reader):
    article = publish(editor, title="Ancienne adresse")
    old = address(article)
    renamed = editor.act(editor.save(article, slug="nouvelle-adresse"), "publish")
    moved = reader.get(old, 308)
    assert moved.headers["Location"] == "/v1/articles/nouvelle-adresse"
    assert moved.headers["Surrogate-Key"] and cache_seconds(moved)[0] <= 10
    assert reader.request("HEAD", old, 308).headers["Location"] == "/v1/articles/nouvelle-adresse"
    assert reader.get(old + "?body=html", 308).headers["Location"] == "/v1/articles/nouvelle-adresse?body=html"
    again = editor.act(editor.save(renamed, slug="encore-plus-nouvelle"), "publish")
    for known in (old, "/v1/articles/nouvelle-adresse"):
        assert reader.get(known, 308).headers["Location"] == "/v1/articles/encore-plus-nouvelle"
    back = editor.act(editor.save(again, slug=article["slug"]), "publish")
    reader.get(old, 200)
    assert reader.get("/v1/articles/nouvelle-adresse", 308).headers["Location"] == old
    editor.act(back, "unpublish")
    reader.get(old, 404)
    reader.get("/v1/articles/nouvelle-adresse", 404)


def test_an_address_that_was_never_public_leads_nowhere(editor, reader):
    article = editor.make_article(title="Jamais vue", slug="le-scoop-de-demain")
    article = editor.save(article, slug="un-titre-plus-sobre")
    article = editor.act(article, "publish")
    reader.get("/v1/articles/le-scoop-de-demain", 404)
    editor.save(article, slug="la-suite-est-secrete")
    reader.get("/v1/articles/la-suite-est-secrete", 404)
    reader.get("/v1/articles/un-titre-plus-sobre", 200)


def test_nobody_else_gets_an_address_that_was_once_public(editor, reader):
    article = publish(editor, title="À jamais", slug="a-jamais")
    editor.act(editor.save(article, slug="pour-toujours"), "publish")
    editor.post("/v1/desk/articles", {"title": "x", "slug": "a-jamais"}, 409)
    assert publish(editor, title="À jamais")["slug"] == "a-jamais-2"


# --------------------------------------------------------------------------------------------------------- secrets

def public_paths(server, slugs):
    """Every path of the contract that needs no token, with each slug in the place of its parameter."""
    for template, item in server.contract.spec["paths"].items():
        operation = item.get("get")
        if not operation or operation["x-marbre"]["roles"] != ["public"] or template == "/openapi.json":
            continue
        parameters = [server.contract.resolve(parameter) for parameter in operation.get("parameters", [])]
        queries = ["", *(f"?{p['name']}={value}" for p in parameters if p["in"] == "query"
                         for value in p["schema"].get("enum", []))]
        queries += [f"?section={slug}" for slug in slugs if any(p["name"] == "section" for p in parameters)]
        queries += ["?limit=100"] if any(p["name"] == "limit" for p in parameters) else []
        for slug in slugs if "{slug}" in template else [""]:
            for query in queries:
                yield template.replace("{slug}", slug) + query


def test_what_is_not_published_shows_nowhere(server, editor, contributor, reader, section):
    secret = "xyzzyquux"
    hidden = {"title": f"Titre {secret}", "kicker": secret, "standfirst": secret, "teaser": secret,
              "body": [marbre.block(secret)], "sections": [section]}
    draft = editor.make_article(**hidden)
    handed_in = contributor.act(contributor.make_article(**hidden), "submit")
    approved = editor.act(editor.act(editor.make_article(**hidden), "submit"), "approve")
    taken_back = editor.act(publish(editor, **hidden), "unpublish")
    public = publish(editor, title="Public", sections=[section], body=[marbre.block("visible")])
    changed = editor.save(public, slug=f"{secret}-nouveau", **hidden)
    slugs = [section, *(article["slug"] for article in (draft, handed_in, approved, taken_back, public, changed))]
    scanned, seen = 0, 0
    for path in public_paths(server, slugs):
        reply = reader.get(path)
        is_json = "json" in reply.headers["Content-Type"]
        said = reply.json() if is_json else reply.text
        without_instance = {**said, "instance": ""} if reply.status_code >= 400 else said
        headers = {name: value for name, value in reply.headers.items()}
        assert secret not in str(without_instance) and secret not in str(headers), path
        scanned, seen = scanned + 1, seen + ("Public" in reply.text)
    assert scanned > 50 and seen >= 4, "the scan looks where the published one shows"
    assert titles(reader.get(f"/v1/articles?section={section}", 200).json()) == ["Public"]


def test_a_token_shows_a_reader_no_more_than_anybody_sees(editor, reader):
    draft = editor.make_article(title="Brouillon d’un autre")
    editor.get(address(draft), 404)
    article = publish(editor, title="Pour tous")
    assert editor.get(address(article), 200).content == reader.get(address(article), 200).content


def test_published_articles_stay_readable_while_the_desk_holds_a_lock(server, editor, reader):
    article = publish(editor, title="Lisible toujours")
    session = server.sql_session()
    try:
        session.send(f"begin; select from articles where id = '{article['id']}' for update;")
        began = time.monotonic()
        reader.get(address(article), 200)
        assert time.monotonic() - began < 2
        session.send("rollback;")
    finally:
        session.close()
