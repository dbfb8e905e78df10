import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A real nats-server with JetStream on a free port of 127.0.0.1; may be stopped and started again with its data. */
export class NatsServer {
  readonly #program: string;
  readonly #config: string | undefined;
  #dir = '';
  #port = -1;
  #process: ChildProcess | undefined;

  /** With `config`, the text of a configuration file: users and what they may do. */
  constructor(program: string, config?: string) {
    this.#program = program;
    this.#config = config;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    this.#dir ||= await mkdtemp(path.join(tmpdir(), 'stopgap-nats-'));
    const args = ['-a', '127.0.0.1', '-p', String(this.#port), '-js', '-sd', this.#dir];
    if (this.#config !== undefined) {
      const file = path.join(this.#dir, 'nats.conf');
      await writeFile(file, this.#config);
      args.push('-c', file);
    }
    const child = spawn(this.#program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        this.#port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? this.#port);
        if (said.includes('Server is ready')) resolve();
      });
    });
    return this;
  }

  /** The data stays for another start. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
