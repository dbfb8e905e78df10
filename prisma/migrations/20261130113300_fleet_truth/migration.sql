-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "active_sha256" TEXT,
ADD COLUMN     "clock_skew_ms" INTEGER,
ADD COLUMN     "closed_at" TIMESTAMPTZ(3),
ADD COLUMN     "retired_at" TIMESTAMPTZ(3);

-- Instances that every list had forgotten before: they would all come back as silent.
UPDATE "instance" SET "retired_at" = now() WHERE "last_seen_at" < now() - interval '10 minutes';

-- CreateTable
CREATE TABLE "fleet_expectation" (
    "key" TEXT NOT NULL,
    "labels" JSONB NOT NULL,
    "expected" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "fleet_expectation_pkey" PRIMARY KEY ("key"),
    CONSTRAINT "fleet_expectation_expected" CHECK ("expected" > 0)
);
