-- AlterTable
ALTER TABLE "mitigation" ADD COLUMN     "glass_hand_ids" UUID[] DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "held_by" TEXT;

-- Who broke glass before is known by one name only.
UPDATE "mitigation" SET "glass_hand_ids" = ARRAY["glass_by_id"] WHERE "glass_by_id" IS NOT NULL;

-- Nobody holds what is not held.
ALTER TABLE "mitigation" ADD CONSTRAINT "mitigation_held_by" CHECK ("held_by" IS NULL OR "held_reason" IS NOT NULL);
