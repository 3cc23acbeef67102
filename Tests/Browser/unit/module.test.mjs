import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SOURCES = "../../../Sources/BrowserClient/";
const source = readFileSync(path(`${SOURCES}realtime-client.js`), "utf8");
const calls = readFileSync(path(`${SOURCES}realtime-calls.js`), "utf8");
const care = readFileSync(path(`${SOURCES}realtime-care.js`), "utf8");
const sound = readFileSync(path(`${SOURCES}realtime-sound.js`), "utf8");
const turns = readFileSync(path(`${SOURCES}realtime-turns.js`), "utf8");
const [check, server, stubs] = ["device-check.js", "test-server.js", "test-browser.js"]
  .map((name) => readFileSync(path(SOURCES + name), "utf8"));
const sandbox = readFileSync(path(`${SOURCES}sandbox-peer.js`), "utf8");
const declarations = readFileSync(path(`${SOURCES}realtime-client.d.ts`), "utf8");
const reactPart = ["react.js", "react.d.ts"].map((name) => readFileSync(path(SOURCES + name), "utf8"));

const SCRIPTS = ["--allowJs", "--checkJs"];
// Debian's types of React lack some of their own dependencies.
const REACT = ["--skipLibCheck", "--baseUrl", "/usr/share/nodejs/@types", "--jsx", "react-jsx"];

function run(files, ...more) {
  const { status, stdout, error } = spawnSync("tsc", [
    "--noEmit", "--strict", "--target", "es2022", "--module", "es2022",
    "--moduleResolution", "node", "--lib", "es2022,dom,dom.iterable", "--typeRoots", path("."), ...more, ...files,
  ], { encoding: "utf8" });
  assert.ifError(error);
  return { status, stdout };
}

function compile(files, ...more) {
  const { status, stdout } = run(files.map(path), ...more);
  assert.equal(status, 0, stdout);
}

test("the module's types hold, are those of the declarations, and serve a page in TypeScript", () => {
  const parts = ["realtime-client.js", "sandbox-peer.js", "device-check.js", "test-server.js"];
  compile([...parts.map((name) => SOURCES + name), "consumer.ts"], ...SCRIPTS);
});

test("the React part's types hold, and are those of its declarations", () => {
  compile([`${SOURCES}react.js`], ...SCRIPTS, ...REACT);
});

test("the React part serves a page in TypeScript, which reads no JavaScript", () => compile(["consumer.tsx"], ...REACT));

// Where libraries are not checked, neither are declarations of ours.
test("the React part's declarations name only what exists", () => {
  const { stdout } = run([path(`${SOURCES}react.d.ts`)], ...REACT.slice(1));
  assert.deepEqual(stdout.split("\n").filter((line) => line.includes("BrowserClient/")), []);
});

/** Compiles a project of one page, with the files of the client in a folder of it. */
function compileProject(t, folder, page, paths = {}) {
  const project = mkdtempSync(join(tmpdir(), "types-"));
  t.after(() => rmSync(project, { recursive: true }));
  symlinkSync(path(SOURCES), join(project, folder));
  writeFileSync(join(project, "page.tsx"), page);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({
    files: ["page.tsx"],
    compilerOptions: {
      noEmit: true, strict: true, skipLibCheck: true, jsx: "react-jsx", target: "es2022", module: "es2022",
      moduleResolution: "node", lib: ["es2022", "dom"], types: [], preserveSymlinks: true, baseUrl: ".",
      paths: { ...paths, "*": ["/usr/share/nodejs/@types/*"] },
    },
  }));
  const { status, stdout, error } = spawnSync("tsc", ["-p", project], { encoding: "utf8" });
  assert.ifError(error);
  assert.equal(status, 0, stdout);
}

test("the demo page's types hold, with its files where they are served", (t) => {
  const served = mkdtempSync(join(tmpdir(), "demo-"));
  t.after(() => rmSync(served, { recursive: true }));
  mkdirSync(join(served, "api/realtime"), { recursive: true });
  symlinkSync(path(SOURCES), join(served, "api/realtime/client"));
  symlinkSync(path(`${SOURCES}demo`), join(served, "demo"));
  const scripts = readdirSync(join(served, "demo")).filter((name) => name.endsWith(".js"));
  const { status, stdout } = run(scripts.map((name) => join(served, "demo", name)), ...SCRIPTS, "--preserveSymlinks");
  assert.equal(status, 0, stdout);
});

test("the operator's page's types hold, with its files where they are served", (t) => {
  const served = mkdtempSync(join(tmpdir(), "operator-"));
  t.after(() => rmSync(served, { recursive: true }));
  for (const folder of ["demo", "operator"]) symlinkSync(path(SOURCES + folder), join(served, folder));
  const scripts = readdirSync(join(served, "operator")).filter((name) => name.endsWith(".js"));
  assert.ok(scripts.length > 5);
  const { status, stdout } = run(scripts.map((name) => join(served, "operator", name)), ...SCRIPTS, "--preserveSymlinks");
  assert.equal(status, 0, stdout);
});

const readme = readFileSync(path(`${SOURCES}README.md`), "utf8");
const example = (language) => readme.split(`\`\`\`${language}\n`)[1].split("```")[0];

test("the README's component has its types beside copies of the files", (t) => {
  compileProject(t, "BrowserClient", example("tsx"));
});

test("a page that imports from the daemon gets its types with the README's lines for tsconfig.json", (t) => {
  const page = readFileSync(path("consumer.tsx"), "utf8")
    .replace("../../../Sources/BrowserClient/", "https://app.example/api/realtime/client/");
  assert.match(page, /from "https:/);
  compileProject(t, "types", page, JSON.parse(example("json")).compilerOptions.paths);
});

test("what the declarations name is what the module exports", async () => {
  const declared = [...declarations.matchAll(/^export (?:declare )?(?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  const module = await import(`${SOURCES}realtime-client.js`);
  assert.deepEqual(Object.keys(module).sort(), declared.sort());
});

test("what the React part's declarations name is what it exports", () => {
  const [exported, declared] = reactPart.map((text) =>
    [...text.matchAll(/^export (?:function|const|default) (\w+)/gm)].map(([, name]) => name).sort());
  assert.deepEqual(exported, declared);
  assert.ok(declared.length > 0);
});

test("every public member of the classes is declared, and every declared one exists", async () => {
  const module = await import(`${SOURCES}realtime-client.js`);
  for (const name of ["RealtimeClient", "ConnectionMonitor"]) {
    const body = declarations.split(`export class ${name} `)[1].split("\n}\n")[0];
    const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:<[^>]*>)?[(:]/gm)].map(([, member]) => member);
    const instance = new module[name]();
    const actual = new Set([...Object.keys(instance), "on", "addEventListener", "removeEventListener",
      ...Object.getOwnPropertyNames(module[name].prototype)]);
    for (const member of declared) assert.ok(member in instance, `${name}.${member} is missing`);
    if (name === "ConnectionMonitor") { actual.delete("addEventListener"); actual.delete("removeEventListener"); }
    for (const member of actual) assert.ok(declared.includes(member), `${name}.${member} is not declared`);
  }
});

test("every code that is thrown is declared, and every declared one is thrown", () => {
  const declared = declarations.split("export type RealtimeErrorCode =")[1].split(";")[0].match(/(?<=")\w+/g);
  const table = [...declarations.matchAll(/^ \* \| `(\w+)` \|.*\| (?:no|yes|from)/gm)].map(([, code]) => code);
  const thrown = [...(source + calls).matchAll(/RealtimeError\(\s*(?:status === 429 \? )?"(\w+)"/g)]
    .map(([, code]) => code);
  const built = ["token_invalid", "token_failed", "call_invalid", "call_failed"].concat(["token", "call", "lease"].flatMap((phase) => [`${phase}_unreachable`, `${phase}_refused`]))
    .concat(["denied", "missing", "busy"].map((what) => `microphone_${what}`));
  assert.deepEqual([...new Set([...thrown, ...built])].sort(), [...declared].sort());
  assert.deepEqual(table.sort(), [...declared].sort());
});

test("it is below 15 kB, compressed, with its comments, and each part that is loaded on demand below 7 kB", () => {
  assert.ok(gzipSync(source, { level: 9 }).length < 15_000);
  for (const part of [calls, care, turns, sound, sandbox, check, server + stubs]) assert.ok(gzipSync(part, { level: 9 }).length < 7_000);
});

test("it depends on nothing but its parts, which are loaded by pages that use them", () => {
  for (const text of [source, calls, care, turns, sound, sandbox]) assert.doesNotMatch(text, /^\s*(import|export .* from)\b/m);
  const loaded = [...source.replaceAll(/^\s*(\*|\/\*\*).*$/gm, "").matchAll(/import\("(.*?)"\)/g)].map(([, name]) => name);
  assert.deepEqual(loaded.filter((name) => name !== "./realtime-client.js"), ["./realtime-calls.js", "./realtime-sound.js", "./realtime-care.js"]);
});

test("npm packs what the daemon serves, and the package is found by its names", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "package-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const packed = spawnSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder, path(SOURCES)], {
    encoding: "utf8", env: { ...process.env, npm_config_cache: join(folder, "cache") },
  });
  assert.equal(packed.status, 0, packed.stderr);
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const library = readdirSync(path(SOURCES)).filter((name) => /\.(js|d\.ts)$/.test(name));
  const names = files.map(({ path: name }) => name).filter((name) => name !== "README.md");
  assert.deepEqual(names.sort(), [...library, "package.json"].sort());
  mkdirSync(join(folder, "node_modules/ephemerald-client"), { recursive: true });
  spawnSync("tar", ["xf", join(folder, filename), "--strip-components=1", "-C", join(folder, "node_modules/ephemerald-client")]);
  writeFileSync(join(folder, "page.mjs"), `import { RealtimeClient } from "ephemerald-client";
    import { parrot } from "ephemerald-client/sandbox-peer";
    if (new RealtimeClient({ answer: parrot }).state !== "idle") throw new Error();`);
  await import(join(folder, "page.mjs"));
});

test("no line is longer than 120 columns", () => {
  for (const text of [source, calls, care, turns, sound, sandbox, check, server, stubs, declarations, ...reactPart]) {
    assert.deepEqual(text.split("\n").filter((line) => line.length > 120), []);
  }
});
