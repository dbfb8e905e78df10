/**
 * Short harmless texts in the languages that assistants write, with as little in common as code can have. A pattern
 * that hits many of them says nothing about harm: lint refuses it wherever it runs, at publish and at every load,
 * also where no control data was ever collected.
 */
export const HARMLESS: readonly string[] = [
  'def mean(values):\n    return sum(values) / len(values)\n',
  'for (const item of cart) {\n  total += item.price;\n}\n',
  'SELECT name, city FROM customers ORDER BY city LIMIT 20;\n',
  'func Area(w, h float64) float64 { return w * h }\n',
  'public int compareTo(Point other) { return Integer.compare(x, other.x); }\n',
  "let words: Vec<&str> = line.split(' ').collect();\n",
  '#include <stdio.h>\nint main(void) { puts("hi"); }\n',
  '.card { border-radius: 4px; margin: 8px auto; }\n',
  '<ul><li>Tea</li><li>Bread</li></ul>\n',
  'resource "random_pet" "name" {\n  length = 2\n}\n',
  'steps:\n  - run: make lint\n  - run: make docs\n',
  'FROM alpine\nCOPY site /srv\n',
  '{ "name": "garden", "beds": [3, 5] }\n',
  'Explain how a hash table grows when it is nearly full.',
  'Write a haiku about the sea.',
  'ls -l ~/photos | wc -l\n',
  'fun greet(name: String) = "Hello, $name"\n',
  'puts [3, 1, 2].sort.inspect\n',
  'echo count($rows);\n',
  'x <- rnorm(100); hist(x)\n',
  'type Shape = { kind: "circle"; r: number }\n',
  'assert add(2, 3) == 5\n',
  'Übersetze diesen Satz ins Englische: Das Wetter ist schön.',
  '1. Preheat the oven.\n2. Mix flour and water.\n',
];

/** A matcher may hit so many of `HARMLESS` by accident. */
export const HARMLESS_HITS_MAX = 6;
