import { startFeed } from '#feed/server';
import { answerCpu } from './cpu.ts';
import { answerMemory } from './memory.ts';

/** The real feed in a process of its own; tells its port. */
const feed = await startFeed({ port: 0, host: '127.0.0.1' });
answerCpu();
answerMemory();
process.send?.({ port: feed.port });
process.once('SIGTERM', () => void feed.close().then(() => process.exit(0)));
process.once('disconnect', () => process.exit(0));
