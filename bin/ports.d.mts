export type WantedPort = { port: number; variable: 'PORT' | 'FEED_PORT' };
export function portProblem(wanted: WantedPort[], host: string, command: string): Promise<string | null>;
