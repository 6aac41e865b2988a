"""The linter on real packages: brought by hash, never imported, judged by what people read in them.

python -m tests.corpus.fetch DEST              bring the packages
python -m tests.corpus.run run DEST            run the linter over them; the reports stay in DEST/.reports
python -m tests.corpus.run recall DEST         compare the reports with expected.tsv
python -m tests.corpus.run sample DEST         findings to read by hand
python -m tests.corpus.run precision DEST      the same findings with the verdicts of verdicts.tsv
"""
