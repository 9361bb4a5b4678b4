// The newspaper of `marbre dev`: what the public API answers, set as pages. Text becomes text (textContent), never markup;
// the one piece of HTML is `body_html`, which the server has escaped. The address after # says which page:
//
//   #/?section=…&tag=…    a list, with the parameters of GET /v1/articles as they stand there
//   #/story/slug/heading  a story, perhaps at one of its headings
//   #/id/…                a story by its id, as links in bodies have it

const words = {
  fr: {
    roles: {
      by: "Par", with: "Avec", photo: "Photos", illustration: "Dessins", video: "Vidéo", translation: "Traduction",
      editing: "Édition",
    },
    and: " et ", published: "Publié le", updated: "mis à jour le", minutes: "min de lecture", corrected: "Corrections",
    contents: "Dans cet article", authors: "Qui signe", chosen: "À lire aussi", near: "Sur le même sujet",
    forms: "Cet article dans l’API",
  },
  en: {
    roles: {
      by: "By", with: "With", photo: "Photographs", illustration: "Drawings", video: "Video", translation: "Translation",
      editing: "Editing",
    },
    and: " and ", published: "Published on", updated: "updated on", minutes: "min read", corrected: "Corrections",
    contents: "In this story", authors: "Who wrote this", chosen: "Read also", near: "On the same subject",
    forms: "This story in the API",
  },
};
const wordsOf = lang => words[lang.split("-")[0]] ?? words.en;

// ------------------------------------------------------------------------------------------------------------ elements

/** An element, with attributes, and children that are elements, texts, or nothing. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

const link = (href, text, attributes = {}) => make("a", {href, ...attributes}, text);
const between = (items, separator) => items.flatMap((item, i) => (i ? [separator, item] : [item]));
const part = slug => encodeURIComponent(slug);

const listOf = (filter, item, attributes = {}) => link(`#/?${filter}=${part(item.slug)}`, item.name, attributes);

/** A day, in the language of what it is about. */
const day = (at, lang) => make("time", {datetime: at},
  new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {dateStyle: "long"}).format(new Date(at)));

// ------------------------------------------------------------------------------------------------------------ pictures

/** A number that is always the same for a text, and then the next ones. */
function numbersOf(text) {
  let seed = 2166136261;
  for (const character of text) seed = Math.imul(seed ^ character.codePointAt(0), 16777619) >>> 0;
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function shape(parent, name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

/** A landscape in place of a picture of another server, the same one for each address. */
function picture(url, alt) {
  const number = numbersOf(url), hue = Math.round(number() * 360), night = number() < .3, hills = 4;
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("viewBox", "0 0 1600 900");
  box.setAttribute("preserveAspectRatio", "xMidYMid slice");
  box.setAttribute("class", "picture");
  box.setAttribute("role", "img");
  if (alt) box.setAttribute("aria-label", alt);
  else box.setAttribute("aria-hidden", "true");
  shape(box, "rect", {width: 1600, height: 900, fill: `hsl(${hue} 35% ${night ? 22 : 86}%)`});
  shape(box, "circle", {cx: 200 + number() * 1200, cy: 130 + number() * 230, r: 50 + number() * 70,
                        fill: `hsl(${hue + 30} ${night ? 30 : 70}% ${night ? 80 : 96}%)`});
  for (let hill = 0; hill < hills; hill++) {
    const top = 380 + hill * 110, swing = () => top + (number() - .5) * 190;
    shape(box, "path", {
      d: `M0 900V${swing()}C${250 + number() * 200} ${swing()} ${450 + number() * 200} ${swing()} 800 ${swing()}` +
         `S${1200 + number() * 150} ${swing()} 1600 ${swing()}V900Z`,
      fill: `hsl(${hue + 20 - hill * 14} ${22 + hill * 5}% ${night ? 20 - hill * 4 : 68 - hill * 13}%)`,
    });
  }
  return box;
}

function figureOf(image, lang) {
  const credit = image.credit && make("small", {class: "credit"}, image.credit);
  const caption = image.caption || credit ? make("figcaption", {}, image.caption ?? "", " ", credit) : null;
  return make("figure", {class: "image", lang}, picture(image.url, image.alt), caption);
}

// ----------------------------------------------------------------------------------------------------------------- API

async function read(address) {
  const reply = await fetch(address, {headers: {Accept: "application/json"}});
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.detail ?? answer.title);
  return answer;
}

/** All forms in which the API answers a story. */
function formsOf(article) {
  const address = `/v1/articles/${part(article.slug)}`;
  return between([
    link(address, "JSON"), link(`${address}?body=html`, "HTML"), link(`${address}?body=markdown`, "Markdown"),
    link(`${address}?body=text`, "text"), link(`${address}/related`, "related"),
    link(`/v1/articles/by-id/${article.id}`, "by id"),
  ], " · ");
}

// -------------------------------------------------------------------------------------------------------------- stories

const toStory = (article, heading) => `#/story/${part(article.slug)}${heading ? `/${part(heading)}` : ""}`;

const labelsOf = article =>
  make("p", {class: "labels"}, between(article.sections.map(section => listOf("section", section)), " "));

/** Who did what: the writers first, then the others by what they did. */
function creditsOf(article) {
  const say = wordsOf(article.lang), credits = make("p", {class: "credits"});
  for (const role of new Set(article.authors.map(author => author.role))) {
    const names = article.authors.filter(author => author.role === role).map(author => listOf("author", author));
    const joined = names.flatMap((name, i) => (i === 0 ? [name] : [i === names.length - 1 ? say.and : ", ", name]));
    credits.append(make("span", {}, `${say.roles[role] ?? role} `, joined));
  }
  return credits;
}

const timesOf = article => make("p", {class: "times"}, day(article.published_at, article.lang),
  ` · ${article.reading_minutes} ${wordsOf(article.lang).minutes}`);

function cardOf(article, leads) {
  const kicker = article.kicker && make("span", {class: "kicker"}, article.kicker);
  return make("article", {class: leads ? "card lead" : "card", lang: article.lang},
    labelsOf(article),
    make("h2", {}, kicker, link(toStory(article), article.title)),
    make("p", {class: "teaser"}, article.teaser ?? article.excerpt),
    creditsOf(article), timesOf(article),
    make("p", {class: "forms", lang: "en"}, formsOf(article)));
}

/** The body: pictures drawn here, links to stories leading to pages of this newspaper, wide tables to be scrolled. */
function bodyOf(article) {
  const read = new DOMParser().parseFromString(article.body_html, "text/html").body; // where nothing is fetched yet
  for (const image of read.querySelectorAll("img")) image.replaceWith(picture(image.getAttribute("src"), image.alt));
  const body = make("div", {class: "body"}, [...read.childNodes]);
  for (const anchor of body.querySelectorAll("a[href]")) {
    const id = /\/([0-9a-f-]{36})$/.exec(anchor.getAttribute("href"));
    if (id) anchor.setAttribute("href", `#/id/${id[1]}`);
  }
  for (const table of body.querySelectorAll("table")) {
    const wide = make("div", {class: "wide", role: "region", tabindex: 0, "aria-label": table.caption?.textContent});
    table.replaceWith(wide);
    wide.append(table);
  }
  return body;
}

function outlineOf(article) {
  const entries = article.outline.filter(entry => entry.level === 2);
  return entries.length < 4 ? null : make("nav", {class: "outline", "aria-label": wordsOf(article.lang).contents},
    make("ol", {}, entries.map(entry => make("li", {}, link(toStory(article, entry.id), entry.text)))));
}

function biosOf(article) {
  const told = new Map(article.authors.filter(author => author.bio).map(author => [author.slug, author]));
  return told.size === 0 ? null : make("section", {class: "bios", "aria-label": wordsOf(article.lang).authors},
    [...told.values()].map(author =>
      make("p", {class: "bio"}, make("strong", {}, listOf("author", author)), make("br"), author.bio)));
}

function correctionsOf(article) {
  const told = article.corrections.map(({at, text}) => make("p", {}, day(at, article.lang), ` — ${text}`));
  return told.length === 0 ? null :
    make("section", {class: "corrections"}, make("h2", {}, wordsOf(article.lang).corrected), told);
}

const tagsOf = article => article.tags.length === 0 ? null :
  make("p", {class: "tags"}, between(article.tags.map(tag => listOf("tag", tag)), " "));

const shelf = (title, articles) => articles.length === 0 ? null : make("section", {class: "shelf"}, make("h2", {}, title),
  make("ul", {}, articles.map(article => make("li", {lang: article.lang}, link(toStory(article), article.title)))));

function headOfStory(article) {
  const say = wordsOf(article.lang), isLater = article.updated_at.slice(0, 10) !== article.published_at.slice(0, 10);
  return make("header", {},
    labelsOf(article),
    article.kicker && make("p", {class: "kicker"}, article.kicker),
    make("h1", {tabindex: -1}, article.title),
    article.standfirst && make("p", {class: "standfirst"}, article.standfirst),
    creditsOf(article),
    make("p", {class: "times"}, `${say.published} `, day(article.published_at, article.lang),
      isLater ? [`, ${say.updated} `, day(article.updated_at, article.lang)] : [],
      ` · ${article.reading_minutes} ${say.minutes}`));
}

function storyPage(article, near) {
  const say = wordsOf(article.lang), chosen = new Set(article.related.map(other => other.id));
  return make("article", {class: "story", lang: article.lang},
    headOfStory(article), article.image && figureOf(article.image, article.lang), outlineOf(article),
    bodyOf(article),
    correctionsOf(article), tagsOf(article), biosOf(article),
    shelf(say.chosen, article.related), shelf(say.near, near.filter(other => !chosen.has(other.id))),
    make("section", {class: "shelf"}, make("h2", {}, say.forms), make("p", {class: "forms", lang: "en"}, formsOf(article))));
}

async function showStory(name, heading) {
  const [article, near] = await Promise.all([read(`/v1/articles/${name}?body=html`), read(`/v1/articles/${name}/related`)]);
  return {title: article.title, content: [storyPage(article, near.data)], heading};
}

// ---------------------------------------------------------------------------------------------------------------- lists

/** What a list is of: the name of its section, tag or author, and what is said of them. */
async function headOf(asked) {
  for (const [filter, address] of [["section", "sections"], ["tag", "tags"], ["author", "authors"]]) {
    if (!asked.get(filter)) continue;
    const thing = await read(`/v1/${address}/${part(asked.get(filter))}`);
    const links = (thing.links ?? []).map(other => link(other.url, other.label, {rel: "noopener"}));
    const up = [...(thing.parents ?? [])].map(section => listOf("section", section));
    const down = (thing.children ?? []).map(section => listOf("section", section));
    return {title: thing.name, element: make("header", {class: "of"},
      up.length ? make("p", {class: "labels"}, between(up, " › ")) : null,
      make("h1", {tabindex: -1}, thing.name),
      thing.image && make("div", {class: "portrait"}, picture(thing.image.url, thing.image.alt)),
      (thing.description ?? thing.bio) && make("p", {}, thing.description ?? thing.bio),
      links.length ? make("p", {}, between(links, " · ")) : null,
      down.length ? make("p", {class: "labels"}, between(down, " ")) : null,
      make("p", {class: "forms"}, link(`/v1/${address}/${part(thing.slug)}`, "JSON"), " · ",
        link(`/v1/articles?${filter}=${part(thing.slug)}`, "its articles")))};
  }
  const title = "marbre, in development";
  return {title, element: make("h1", {class: "unseen", tabindex: -1}, "The latest stories")};
}

async function showList(query) {
  const asked = new URLSearchParams(query);
  const [head, page] = await Promise.all([headOf(asked), read(`/v1/articles?${asked}`)]);
  const cards = page.data.map((article, i) => cardOf(article, i === 0));
  if (cards.length) {
    const [first] = page.data;
    if (first.image) cards[0].prepend(figureOf(first.image, first.lang));
  }
  asked.set("cursor", page.next ?? "");
  return {title: head.title, content: [
    head.element, cards.length ? make("div", {class: "cards"}, cards) : make("p", {}, "There are no stories here yet."),
    page.next && make("p", {class: "more"}, link(`#/?${asked}`, "More stories"))]};
}

const branch = section => make("li", {}, listOf("section", section),
  section.children.length ? make("ul", {}, section.children.map(branch)) : null);

async function fillIndex() {
  const [sections, tags, authors] = await Promise.all(
    [read("/v1/sections"), read("/v1/tags?limit=100"), read("/v1/authors?limit=100")]);
  document.querySelector(".sections").append(make("ul", {}, sections.data.map(branch)));
  const kinds = new Map(tags.data.map(tag => [tag.kind, tags.data.filter(other => other.kind === tag.kind)]));
  document.querySelector(".index").append(
    make("h2", {}, "Tags"),
    make("dl", {}, [...kinds].flatMap(([kind, some]) =>
      [make("dt", {}, kind), make("dd", {}, between(some.map(tag => listOf("tag", tag)), ", "))])),
    make("h2", {}, "Authors"),
    make("p", {}, between(authors.data.map(author => listOf("author", author)), ", ")));
}

// ---------------------------------------------------------------------------------------------------------------- pages

function pageOf(address) {
  const [path, query = ""] = address.replace(/^#/, "").split("?"), [, kind, name = "", heading] = path.split("/");
  if (kind === "story") return showStory(name, heading);
  if (kind === "id") return read(`/v1/articles/by-id/${name}`).then(article => showStory(part(article.slug)));
  return showList(query);
}

let turn = 0; // of the page that was asked for last: one that comes late is not shown

async function show(isFirst) {
  const mine = ++turn, place = document.querySelector(".page");
  place.setAttribute("aria-busy", "true");
  const page = await pageOf(location.hash).catch(fault =>
    ({title: "marbre", content: [make("h1", {tabindex: -1}, "Not to be had"), make("p", {role: "alert"}, fault.message)]}));
  if (mine !== turn) return;
  document.title = page.title;
  place.replaceChildren(...page.content.filter(Boolean));
  place.setAttribute("aria-busy", "false");
  for (const anchor of document.querySelectorAll(".masthead a"))
    if (anchor.hash === (location.hash || "#/")) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  const heading = page.heading && document.getElementById(decodeURIComponent(page.heading));
  if (heading) heading.scrollIntoView();
  else if (!isFirst) {
    scrollTo(0, 0);
    place.querySelector("h1")?.focus({preventScroll: true});
  }
}

addEventListener("hashchange", () => location.hash.startsWith("#/") || location.hash === "" ? show(false) : undefined);
await Promise.all([show(true), fillIndex()]);
