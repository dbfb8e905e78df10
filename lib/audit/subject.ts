/** Where the subject of an event can be looked at, or null when it has no page. */
export function subjectHref(
  subject: { type: string; id: string },
  data: Record<string, unknown>,
): string | null {
  const ref = typeof data.ref === 'string' ? data.ref : null;
  switch (subject.type) {
    case 'incident':
      return `/incidents/${encodeURIComponent(ref ?? subject.id)}`;
    case 'mitigation':
      return `/mitigations/${encodeURIComponent(ref ?? subject.id)}`;
    case 'interaction':
      return `/interactions/${encodeURIComponent(subject.id)}`;
    case 'cluster':
      return `/clusters/${encodeURIComponent(ref ?? subject.id)}`;
    case 'batch':
      return `/bulk/${encodeURIComponent(subject.id)}`;
    case 'instance':
      return `/fleet?instance=${encodeURIComponent(subject.id)}`;
    case 'ruleset':
      return '/fleet';
    default:
      return null;
  }
}
