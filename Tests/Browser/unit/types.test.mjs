// The types of the package as its users' compilers find them: one page in TypeScript, for each way of finding modules.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const { stdout: command } = spawnSync("sh", ["-c", "command -v tsc"], { encoding: "utf8" });
const ts = createRequire(realpathSync(command.trim()))("../lib/typescript.js");
const { Node16, NodeNext, NodeJs: Node = ts.ModuleResolutionKind.Node10, Bundler } = ts.ModuleResolutionKind;
const { ES2022 } = ts.ModuleKind;

const folder = mkdtempSync(join(tmpdir(), "resolution-"));
test.after(() => rmSync(folder, { recursive: true }));

test.before(() => {
  const packed = spawnSync("npm", ["pack", "--silent", "--pack-destination", folder, path("../../../Sources/BrowserClient")], {
    encoding: "utf8", env: { ...process.env, npm_config_cache: join(folder, "cache") },
  });
  assert.equal(packed.status, 0, packed.stderr);
  const home = join(folder, "node_modules/ephemerald-client");
  mkdirSync(home, { recursive: true });
  spawnSync("tar", ["xf", join(folder, packed.stdout.trim()), "--strip-components=1", "-C", home]);
  // Debian's types of React, where those of a project are.
  symlinkSync("/usr/share/nodejs/@types", join(folder, "node_modules/@types"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "stranger.ts"), 'import "ephemerald-client/react";\nimport * as no from "ephemerald-client/no";\nno;');
  for (const name of ["consumer.ts", "consumer.tsx"]) {
    const page = readFileSync(path(name), "utf8")
      .replaceAll(/"\.\.\/\.\.\/\.\.\/Sources\/BrowserClient\/(.*)\.js"/g, (_, module) =>
        JSON.stringify(module === "realtime-client" ? "ephemerald-client" : `ephemerald-client/${module}`));
    assert.doesNotMatch(page, /Sources/);
    writeFileSync(join(folder, name), page);
  }
});

/** TypeScript's own libraries, which are read once. */
const libraries = new Map();

/** Compiles the pages, and returns what the compiler says and where it found the package's modules. */
function compile(options, resolve) {
  const settings = {
    noEmit: true, strict: true, skipLibCheck: true, jsx: ts.JsxEmit.ReactJSX, target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"], types: [], ...options,
  };
  const host = ts.createCompilerHost(settings);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) => {
    if (!/\/lib\.[\w.]*$/.test(name)) return getSourceFile(name, ...rest);
    if (!libraries.has(name)) libraries.set(name, getSourceFile(name, ...rest));
    return libraries.get(name);
  };
  if (resolve) {
    host.resolveModuleNames = (names, file) => names.map((name) => resolve(name, file, settings, host).resolvedModule);
  }
  const program = ts.createProgram(["consumer.ts", "consumer.tsx", "stranger.ts"].map((name) => join(folder, name)), settings, host);
  const said = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) =>
    `${file && basename(file.fileName)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  const found = program.getSourceFiles().map(({ fileName }) => fileName.split("/ephemerald-client/")[1]).filter(Boolean);
  return { said, found: found.sort() };
}

/**
 * What TypeScript 5 does with `bundler`, for a compiler that does not know it yet: packages are found by their
 * `exports`, as by an `import` with `nodenext`, and relative names as with `node`.
 */
const bundler = (name, file, settings, host) => name.startsWith(".")
  ? ts.resolveModuleName(name, file, { ...settings, moduleResolution: Node }, host)
  : ts.resolveModuleName(name, file, { ...settings, module: ts.ModuleKind.NodeNext, moduleResolution: NodeNext }, host,
    undefined, undefined, ts.ModuleKind.ESNext);

const WAYS = {
  node: [{ module: ES2022, moduleResolution: Node }],
  node16: [{ module: ts.ModuleKind.Node16, moduleResolution: Node16 }],
  nodenext: [{ module: ts.ModuleKind.NodeNext, moduleResolution: NodeNext }],
  bundler: [{ module: ES2022, moduleResolution: Bundler ?? Node }, Bundler ? undefined : bundler],
};

for (const [name, [options, resolve]] of Object.entries(WAYS)) {
  test(`the package has its types with the module resolution ${name}`, () => {
    const { said, found } = compile(options, resolve);
    // The one error is that of the page that imports what the package does not have.
    assert.deepEqual(said, [
      "stranger.ts: Cannot find module 'ephemerald-client/no' or its corresponding type declarations.",
    ]);
    assert.deepEqual(found, [
      "device-check.d.ts", "react.d.ts", "realtime-client.d.ts", "sandbox-peer.d.ts", "test-server.d.ts",
    ]);
  });
}

test("a bundler finds every module of the package, and the parts that it loads", () => {
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/ephemerald-client/package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => !name.endsWith(".json"));
  assert.ok(names.length > 4);
  const page = names.map((name, at) => `export * as m${at} from ${JSON.stringify(`ephemerald-client${name.slice(1)}`)};`);
  const { status, stderr, stdout } = spawnSync("esbuild", ["--bundle", "--format=esm", "--external:react"], {
    cwd: folder, input: page.join("\n"), encoding: "utf8",
  });
  assert.deepEqual([status, stderr], [0, ""]);
  for (const name of names) assert.match(stdout, new RegExp(`${exports[name].default.slice(2)}\\n`), name);
  for (const part of ["calls", "care", "turns", "sound"]) assert.match(stdout, new RegExp(`realtime-${part}\\.js\\n`));
});
