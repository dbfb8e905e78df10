-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "boot_since" TIMESTAMPTZ(3),
ADD COLUMN     "boots" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "failure" TEXT,
ADD COLUMN     "name" TEXT;
