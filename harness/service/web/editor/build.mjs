// Builds the service's static files: npm ci --ignore-scripts && npm run build. What was built, and from which lock
// file, is written to ../static/built.json, which a test compares.
import {createHash} from "node:crypto"
import {readFileSync, readdirSync, writeFileSync} from "node:fs"
import {join} from "node:path"
import {build} from "esbuild"

const STATIC = "../static"
const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex")

await build({
  entryPoints: ["editor.js"],
  outfile: join(STATIC, "editor.js"),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  legalComments: "none",
  charset: "utf8",
})
const htmx = "node_modules/htmx.org/dist"
const parts = [join(htmx, "htmx.min.js"), join(htmx, "ext/hx-sse.min.js")]
writeFileSync(join(STATIC, "htmx.min.js"), parts.map((path) => readFileSync(path, "utf8").replace(/\n?\/\/# sourceMappingURL.*$/m, "").trim()).join("\n") + "\n")

// The licence of everything that is in the two files.
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"))
const shipped = Object.entries(lock.packages).filter(([path]) => path && !path.includes("esbuild"))
const licences = shipped.map(([path, {version, license}]) => {
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name))
  return `${path.replace("node_modules/", "")} ${version} (${license})\n\n${readFileSync(join(path, file), "utf8").trim()}\n`
})
writeFileSync(join(STATIC, "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`))

const sources = ["editor.js", "build.mjs", "package.json", "package-lock.json"]
const built = ["editor.js", "htmx.min.js", "LICENSES.txt"]
writeFileSync(
  join(STATIC, "built.json"),
  JSON.stringify(
    {
      sources: Object.fromEntries(sources.map((name) => [name, digest(name)])),
      built: Object.fromEntries(built.map((name) => [name, digest(join(STATIC, name))])),
    },
    null,
    2,
  ) + "\n",
)
