"""What a reading looks out for on its way: each question keeps what it has to remember in a ledger of its own."""
