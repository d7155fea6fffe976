"""The sample company: an invented cold-chain group, written as the files that a customer would hand in.

from accord.site.sample import generate
company = generate(Path("sample"))        # tables, feeds and scanner files; the same bytes each time
"""

from accord.site.sample.company import SEED, TODAY, DemoUser, SampleCompany
from accord.site.sample.generator import generate

__all__ = ["SEED", "TODAY", "DemoUser", "SampleCompany", "generate"]
