"""How did the schema of the publication database come about?"""
