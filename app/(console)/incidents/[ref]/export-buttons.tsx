import { Button, Group } from '@mantine/core';
import listClasses from '../incidents.module.css';

/** Plain links to the API: the browser shows the progress, and every download is an event of its own. */
export function ExportButtons({ incident }: { incident: string }) {
  const href = (format: string) => `/api/v1/incidents/${incident}/export?format=${format}`;
  return (
    <section aria-labelledby="export">
      <h2 id="export" className={listClasses.heading}>
        Export
      </h2>
      <Group gap={8}>
        <Button component="a" href={href('ndjson')} download variant="default" size="xs">
          Download NDJSON
        </Button>
        <Button component="a" href={href('csv')} download variant="default" size="xs">
          Download CSV
        </Button>
      </Group>
      <p className="quiet" style={{ fontSize: 13, margin: '6px 0 0' }}>
        NDJSON holds everything exactly as stored. CSV is the list of events for a spreadsheet. The download
        itself is recorded.
      </p>
    </section>
  );
}
