import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.judges import ROOT, altered, verdict
from tests.e2e.programs import closed_port_url

DOCKERFILE = ROOT / "Dockerfile"
