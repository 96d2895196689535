"""`python -m canal_aws`: the command line, where the script `canal-aws` is not on PATH."""

from canal_aws.cli import main

if __name__ == "__main__":
    main()
