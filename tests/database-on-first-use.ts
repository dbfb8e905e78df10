/** The database of a test file (worker-database.ts) is there before whatever connects to it: a plugin of Vite. */
export const databaseOnFirstUse = {
  name: 'database-on-first-use',
  transform: (code: string, id: string) =>
    id.endsWith('/lib/db.ts') ? `await globalThis.makeDatabase();${code}` : null,
};
