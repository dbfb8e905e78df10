import type { SimulatedRow } from './traffic.ts';

type DemoInstance = { id: string; labels: { region: string; app: string } };

const REGIONS = ['eu-west-1', 'us-east-1', 'ap-south-1'];
const APPS: readonly (readonly [string, number])[] = [
  ['completions', 3],
  ['chat', 1],
];

/** Twelve serving instances: three regions, in each three for completions and one for chat. */
export const INSTANCES: readonly DemoInstance[] = REGIONS.flatMap((region) =>
  APPS.flatMap(([app, copies]) =>
    Array.from({ length: copies }, (_, index) => ({
      id: `${region}/${app}-${index + 1}`,
      labels: { region, app },
    })),
  ),
);

/** The app that answers a surface: completions in the editor, chat for everything with a conversation. */
export function appFor(surface: SimulatedRow['surface']): string {
  return surface === 'inline' ? 'completions' : 'chat';
}
