-- AlterTable
ALTER TABLE "mitigation" ADD COLUMN     "stage_seq" INTEGER;

-- Rules that went out before: what is known is when they did.
UPDATE "mitigation" SET "stage_seq" = "published_seq";
