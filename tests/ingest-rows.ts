/** The same rows every time: every fifth is a control sample, the rest have one or two findings. */
export function ingestRows(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: `row-${n}`,
    occurredAt: new Date(Date.UTC(2026, 10, 1) + n * 1_000).toISOString(),
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: `u${n % 100}`, tenant: `t${n % 7}` },
    prompt: `prompt ${n}`,
    completion: `completion ${n}`,
    control: n % 5 === 0,
    findings: Array.from({ length: n % 5 === 0 ? 0 : 1 + (n % 2) }, () => ({
      detector: 'd',
      category: 'insecure_code',
      severity: 'high',
    })),
  }));
}
