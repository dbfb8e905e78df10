/**
 * What `node` is told when it runs web. Left alone it lets garbage grow to a share of the machine's memory before it
 * collects; with this bound a million rows go in below 600 MB resident, at the same speed (`npm run bench -- ingest`).
 * One body takes at most 8 MiB and three are worked on at once, so what is really in use stays far below it.
 */
export const WEB_FLAGS = ['--max-old-space-size=384'];
