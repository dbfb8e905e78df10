import { Agent, request } from 'node:http';
import { expect } from '@playwright/test';
import { apiKey, signedIn, test } from './fixtures.ts';
import { stack } from './stack.ts';

/** Posts over the agent's one kept connection; answers the status. */
function post(agent: Agent, path: string, key: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(`${stack().web}${path}`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject).end(body);
  });
}

test('a body that is refused unread does not spoil the connection for the next request', async () => {
  const key = await apiKey('respond', 'connections');
  const large = JSON.stringify('x'.repeat(300_000));
  const refused: [path: string, key: string, status: number][] = [
    ['/api/v1/mitigations/R-1/approve', key, 413],
    ['/api/v1/incidents', 'sg_wrong', 401],
    ['/api/v1/interactions', 'sg_wrong', 401],
    ['/api/v1/interactions', key, 403],
  ];
  for (const [path, used, status] of refused) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await post(agent, path, used, large), path).toBe(status);
    expect(await post(agent, '/api/v1/incidents', key, '{}'), `after ${path}`).toBe(400);
    agent.destroy();
  }
});

test('a request whose answer was lost makes nothing twice, by the API and by a form', async ({ browser }) => {
  const key = await apiKey('respond', 'lost-answers');
  const sent = { title: 'Sent twice over the API', severity: 'sev4' };
  const declare = () =>
    fetch(`${stack().web}/api/v1/incidents`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': 'lost-1',
      },
      body: JSON.stringify(sent),
    }).then((response) => response.json());
  expect(await declare()).toEqual(await declare());

  const page = await signedIn(browser, 'commander', 'Lost Answer');
  await page.goto('/incidents/new');
  let isLost = false;
  await page.route('**/incidents/new', async (route) => {
    if (route.request().method() !== 'POST' || isLost) return route.continue();
    isLost = true;
    await route.fetch();
    return route.abort();
  });
  const title = page.getByLabel('What is happening?');
  await title.fill('Sent twice by a form');
  await title.press('Enter');
  await expect(page.getByText('it is carried out once, however often you send it')).toBeVisible();
  await title.press('Enter');
  await page.waitForURL(/\/incidents\/INC-\d+$/);
  await page.goto('/incidents?state=all');
  await expect(page.getByText('Sent twice by a form')).toHaveCount(1);
});
