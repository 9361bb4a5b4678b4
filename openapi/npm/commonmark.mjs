// Texts of Markdown, one a line of the input as JSON, as HTML by CommonMark's own reference parser.
import {createRequire} from 'node:module'
import {createInterface} from 'node:readline'
import {pathToFileURL} from 'node:url'

const require = createRequire(pathToFileURL(`${process.argv[2]}/`)) // the folder with node_modules
const {Parser, HtmlRenderer} = require('commonmark')

const parser = new Parser()
const renderer = new HtmlRenderer()
for await (const line of createInterface({input: process.stdin})) {
  console.log(JSON.stringify(renderer.render(parser.parse(JSON.parse(line)))))
}
