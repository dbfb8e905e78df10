import { Skeleton, Stack } from '@mantine/core';

export default function Loading() {
  return (
    <Stack gap={12} aria-busy="true" aria-label="Loading">
      <Skeleton height={32} width={240} />
      {[0, 1, 2, 3, 4, 5, 6, 7].map((row) => (
        <Skeleton key={row} height={28} />
      ))}
    </Stack>
  );
}
