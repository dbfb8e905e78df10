-- Phrases are folded further than they were (look-alikes, accents), so the pieces that are kept of them are made anew.
-- Until the worker has done so, texts that are not in the index are read.
TRUNCATE "search_document", "search_page", "search_erasure", "search_segment";
