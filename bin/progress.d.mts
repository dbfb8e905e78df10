export type Step = { done(text?: string): void; drop(): void; update(text: string): void };
export function print(line?: string): void;
export function printError(line: string): void;
export function step(label: string): Step;
export function during<T>(label: string, work: (step: Step) => Promise<T>, done?: string): Promise<T>;
