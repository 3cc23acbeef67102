import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const SOURCES = "../../../Sources/BrowserClient/";
const source = readFileSync(path(`${SOURCES}realtime-client.js`), "utf8");
const declarations = readFileSync(path(`${SOURCES}realtime-client.d.ts`), "utf8");

function compile(files, ...more) {
  const { status, stdout, error } = spawnSync("tsc", [
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "es2022",
    "--moduleResolution", "node", "--lib", "es2022,dom,dom.iterable", "--typeRoots", path("."),
    ...more, ...files.map(path),
  ], { encoding: "utf8" });
  assert.ifError(error);
  assert.equal(status, 0, stdout);
}

test("the module's types hold, are those of the declarations, and serve a page in TypeScript", () => {
  compile([`${SOURCES}realtime-client.js`, "consumer.ts"]);
});

// Debian's types of React lack some of their own dependencies.
test("the React part's types hold", () => {
  compile([`${SOURCES}react.js`], "--skipLibCheck", "--baseUrl", "/usr/share/nodejs/@types");
});

test("what the declarations name is what the module exports", async () => {
  const declared = [...declarations.matchAll(/^export (?:declare )?(?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  const module = await import(`${SOURCES}realtime-client.js`);
  assert.deepEqual(Object.keys(module).sort(), declared.sort());
});

test("every public member of the classes is declared, and every declared one is there", async () => {
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
  const thrown = [...source.matchAll(/RealtimeError\(\s*(?:status === 429 \? )?"(\w+)"/g)].map(([, code]) => code);
  const built = ["token", "call"].flatMap((phase) => [`${phase}_unreachable`, `${phase}_refused`])
    .concat(["denied", "missing", "busy"].map((what) => `microphone_${what}`));
  assert.deepEqual([...new Set([...thrown, ...built])].sort(), [...declared].sort());
  assert.deepEqual(table.sort(), [...declared].sort());
});

test("it is below 12 kB, compressed, with its comments", () => {
  assert.ok(gzipSync(source, { level: 9 }).length < 12_000);
});

test("it depends on nothing", () => assert.doesNotMatch(source, /^\s*(import|export .* from)\b/m));

test("no line is longer than 120 columns", () => {
  for (const text of [source, declarations, readFileSync(path(`${SOURCES}react.js`), "utf8")]) {
    assert.deepEqual(text.split("\n").filter((line) => line.length > 120), []);
  }
});
