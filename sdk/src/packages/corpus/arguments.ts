import type { Spelling } from './spelling.ts';

const PYPI = 'snow-globe';
const NPM = '@harbor/lamp';
const GO = 'example.org/kite/reel';

/** How the arguments of a command stand in a text: lists, ranges with blanks, keys of their own. */
export const ARGUMENTS: readonly Spelling[] = [
  // A flag takes the next argument, be it a literal or an expression.
  ['pypi', 'python', PYPI, 'run(["pip", "install", "--index-url", url, "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "-r", path, "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "--target", str(out), "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "--target", os.path.join(out, "x"), "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "-t", paths["x"][0], "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "--proxy", proxy, "install", "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "--target", out + "/x", "«snow-globe»"])'],
  ['pypi', 'python', PYPI, 'run(["pip", "install", "--target", f(out, "snow-globe"), "other"])'],
  ['pypi', 'python', PYPI, 'os.system(f"pip install --target {str(out)} «snow-globe»")'],
  ['pypi', 'python', PYPI, 'os.system("pip install -r " + path + " «snow-globe»")'],
  ['npm', 'javascript', NPM, 'spawn("npm", ["install", "--prefix", dir, "«@harbor/lamp»"])'],
  ['npm', 'javascript', NPM, "spawn('npm', ['--prefix', path.join(a, 'b'), 'i', '«@harbor/lamp»'])"],
  ['npm', 'javascript', NPM, "spawn('npm', ['i', '-D', '«@harbor/lamp»'])"],
  ['npm', 'php', NPM, "exec('npm install --prefix ' . $dir . ' «@harbor/lamp»');"],
  ['gem', 'ruby', 'kite', 'system("gem install -i #{dir} «kite»")'],
  ['golang', 'go', GO, 'exec.Command("go", "get", "-C", dir, "«example.org/kite/reel»")'],
  ['cargo', 'rust', 'kite', 'Command::new("cargo").args(["add", "--features", features, "«kite»"])'],
  ['gem', 'ruby', 'kite', 'system("gem", "install", "other", "-v", version, "«kite»")'],
  // Ranges of versions with blanks, which quotes hold together.
  ['npm', 'shell', NPM, 'npm i "«@harbor/lamp»@1 || 2"'],
  ['npm', 'shell', NPM, 'npm i "«@harbor/lamp»@>=1 <2"'],
  ['npm', 'shell', NPM, "pnpm add '«@harbor/lamp»@^1 || ^2'"],
  ['npm', 'shell', NPM, 'yarn add "«@harbor/lamp»@>= 1.2 < 2 || 3.x"'],
  ['npm', 'shell', NPM, 'npm i "«@harbor/lamp»@1.2 - 1.4"'],
  ['npm', 'shell', NPM, 'npm i "nice@npm:«@harbor/lamp»@1 || 2"'],
  ['npm', 'shell', NPM, 'npm i "other@1 || 2" "left right"'],
  ['cargo', 'shell', 'kite', 'cargo add "«kite»@>=1, <2"'],
  ['pypi', 'shell', PYPI, 'poetry add "«snow-globe» (>=1,<2)"'],
  ['pypi', 'shell', PYPI, 'poetry add "«snow-globe» (^1 || ^2)"'],
  ['pypi', 'shell', PYPI, 'poetry add "«snow-globe»@>=1, <2"'],
  ['gem', 'shell', 'kite', 'gem install "«kite»:>= 1"'],
  ['gem', 'shell', 'kite', "gem install 'other:~> 1' '«kite»:>= 1, < 2'"],
  ['pub', 'shell', 'kite', "dart pub add 'kites:>=1.0.0 <2.0.0' '«kite»:>=1.0.0 <2.0.0'"],
  ['npm', 'powershell', NPM, 'Start-Process npm "install other@1 «@harbor/lamp»@>= 1 || 2"'],
  // Arguments before the program, and other keys between the two.
  ['npm', 'json', NPM, '{"mcpServers":{"a":{"args":["-y","«@harbor/lamp»@1"],"command":"npx"}}}'],
  [
    'npm',
    'json',
    NPM,
    '{\n  "args": [\n    "-y",\n    "«@harbor/lamp»"\n  ],\n  "env": {"A": "b"},\n  "command": "npx"\n}',
  ],
  ['npm', 'json', NPM, '{"command":"bunx","env":{"A":"b"},"off":["x"],"args":["«@harbor/lamp»"]}'],
  ['npm', 'json', NPM, '{"command":"docker","args":["run","-i","node","npx","-y","«@harbor/lamp»"]}'],
  ['npm', 'json', NPM, '{"command":"cmd","args":["/c","npx","-y","«@harbor/lamp»"]}'],
  ['pypi', 'json', PYPI, '{"args":["run","«snow-globe»"],"command":"pipx"}'],
  ['pypi', 'json', PYPI, '{"x":"{\\"command\\":\\"uvx\\",\\"args\\":[\\"«snow-globe»\\"]}"}'],
  ['pypi', 'toml', PYPI, '[servers.x]\nargs = ["«snow-globe»"]\ncommand = "uvx"\n'],
  ['pypi', 'yaml', PYPI, 'x:\n  args: ["«snow-globe»"]\n  command: uvx\n'],
  ['pypi', 'yaml', PYPI, 'x:\n  args:\n    - run\n    - «snow-globe»\n  env: {}\n  command: pipx\n'],
  ['npm', 'json', NPM, '{"args":["@harbor/lamp"],"command":"node"}'],
  ['npm', 'json', NPM, '{"a":{"args":["@harbor/lamp"]},"b":{"command":"npx"}}'],
  ['npm', 'json', NPM, '{"args":["other","@harbor/lamp"],"command":"npx"}'],
  // A program and its arguments under two keys: servers of MCP, tasks of editors.
  ['npm', 'json', NPM, '{"mcpServers":{"a":{"command":"npx","args":["-y","«@harbor/lamp»@1"]}}}'],
  [
    'npm',
    'json',
    NPM,
    '{\n  "command": "npx",\n  "type": "stdio",\n  "args": [\n    "-y",\n    "«@harbor/lamp»"\n  ]\n}',
  ],
  ['npm', 'json', NPM, '{"command":"npx","args":["-y","other"],"env":{"A":"@harbor/lamp"}}'],
  ['pypi', 'toml', PYPI, '[mcp_servers.x]\ncommand = "uvx"\nargs = ["--from", "«snow-globe»", "serve"]\n'],
  ['pypi', 'yaml', PYPI, 'command: uvx\nargs: ["«snow-globe»"]\n'],
  ['pypi', 'yaml', PYPI, 'x:\n  command: uvx\n  args:\n    - «snow-globe»\n    - serve\n'],
  ['pypi', 'yaml', PYPI, 'x:\n  command: uvx\n  name: snow-globe\n'],
  ['npm', 'json', NPM, '{"command":"node","args":["@harbor/lamp"]}'],
];
