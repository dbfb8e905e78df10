-- Calls of which a field could not be read, by the field; the rows that are here count all calls.
ALTER TABLE "coverage" ADD COLUMN "field" TEXT NOT NULL DEFAULT '';
ALTER TABLE "coverage" DROP CONSTRAINT "coverage_pkey";
ALTER TABLE "coverage" ADD CONSTRAINT "coverage_pkey" PRIMARY KEY ("instance_id", "contract", "phase", "field");
