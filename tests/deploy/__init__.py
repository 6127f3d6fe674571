"""The files of deploy/ and .github/, each given to the program that judges its kind."""
