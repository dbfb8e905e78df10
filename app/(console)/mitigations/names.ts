/** Lines with something in them, each once, in order. */
export function linesIn(text: string): string[] {
  return distinct(text.split(/\r\n|\r|\n/).map((line) => line.trim()));
}

/**
 * Package names in what was typed or pasted: a list, a column, a JSON array or a requirements file. Quotes, brackets,
 * comments and version bounds around a name are not part of it.
 */
export function namesIn(text: string): string[] {
  return distinct(text.split(/\r\n|\r|\n/).flatMap(namesOfLine));
}

function namesOfLine(line: string): string[] {
  const bare = line.replace(/(^|\s)(#|\/\/).*$/, '');
  return bare.split(/[\s,;]+/).map((word) => {
    const name = word.replace(/^["'`[({<]+|["'`\])}>]+$/g, '');
    // `requests==2.0`, `left-pad@1.3.0`, `@scope/name@^2`; an @ in front belongs to the name.
    return name.replace(/(?:[=<>~!^]=?.*|(?<=.)@.*)$/, '').replace(/\[.*\]?$/, '');
  });
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words.filter((word) => word !== ''))];
}
