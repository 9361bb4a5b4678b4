// Renders bodies, one a line of the input, with the renderer that Portable Text has for HTML, given serializers for the
// types that are ours. Says what the renderer knows nothing of.
import {createRequire} from 'node:module'
import {createInterface} from 'node:readline'
import {pathToFileURL} from 'node:url'

const require = createRequire(pathToFileURL(`${process.argv[2]}/`)) // the folder with node_modules
const {toHTML, escapeHTML} = await import(pathToFileURL(require.resolve('@portabletext/to-html')))

const text = (words) => escapeHTML(words ?? '')
const image = ({value}) => `<figure><img src="${text(value.url)}" alt="${text(value.alt)}"></figure>`
const components = {
  types: {
    pullquote: ({value}) => `<figure><blockquote>${text(value.text)}</blockquote></figure>`,
    table: ({value}) => `<table>${value.rows.map((row) => `<tr>${row.cells.map((cell) => `<td>${render(cell.content)}</td>`).join('')}</tr>`).join('')}</table>`,
    image,
    gallery: ({value}) => `<figure>${value.images.map((one) => image({value: one})).join('')}</figure>`,
    embed: ({value}) => `<a href="${text(value.url)}">${text(value.title ?? value.provider)}</a>`,
    factbox: ({value}) => `<aside>${render(value.content)}</aside>`,
    code: ({value}) => `<pre><code>${text(value.text)}</code></pre>`,
    divider: () => '<hr>',
  },
  marks: {
    internal_link: ({children, value}) => `<a href="/a/${text(value.article)}">${children}</a>`,
    footnote: ({children, value}) => `${children}<small>${render(value.content)}</small>`,
    sub: ({children}) => `<sub>${children}</sub>`,
    sup: ({children}) => `<sup>${children}</sup>`,
  },
}

const unknown = new Set()
const render = (blocks) => toHTML(blocks, {components, onMissingComponent: (message) => unknown.add(message)})

let count = 0
for await (const line of createInterface({input: process.stdin})) {
  render(JSON.parse(line))
  count++
}
console.log(JSON.stringify({count, unknown: [...unknown]}))
