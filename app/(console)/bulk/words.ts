/** "3 variants are", as a sentence goes on. */
export function variantsWords(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'variant is' : 'variants are'}`;
}
